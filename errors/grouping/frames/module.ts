import { component, muted, nothing, type Component } from '../component.ts'
import { isJvm } from '../platform.ts'
import type { FrameFacts } from '../rules/matcher.ts'
import { withoutContentHash } from './filename.ts'

/** What the JVM's libraries make at run time, under names that differ from start to start. */
const generated: readonly (readonly [RegExp, string])[] = [
  // jdk.internal.reflect.GeneratedMethodAccessor42
  [/\b(Generated(?:Method|Constructor|SerializationConstructor)Accessor)\d+/g, '$1<auto>'],
  // com.example.Service$$EnhancerBySpringCGLIB$$1a2b3c4d, …$$SpringCGLIB$$0, …$$FastClassByGuice$$9f3ab2
  [
    /\$\$([A-Za-z]*(?:CGLIB|EnhancerBy\w*|FastClassBy\w*))\$\$[0-9a-fA-F]+(?:_\d+)?/g,
    '$$$$$1$$$$<auto>',
  ],
  // com.example.Entity_$$_javassist_7, …_$$_jvst4f2_0, …$$_javassist_seam_5
  [/\$\$_(javassist(?:_seam)?)_\w+/g, '$$$$_$1<auto>'],
  [/\$\$_jvst[0-9a-f]+_[0-9a-f]+/g, '$$$$_jvst<auto>'],
  // clojure: app.core$handler$fn__1234
  [/\$fn__\d+/g, '$$fn__<auto>'],
  [/\$(eval|reify|G)__?\d+/g, '$$$1<auto>'],
  // com.example.Entity$HibernateProxy$aB3dE
  [/\$HibernateProxy\$\w+/g, '$$HibernateProxy$$<auto>'],
  // Byte Buddy: com.example.Thing$ByteBuddy$x7Gh2, $MockitoMock$123456
  [/\$(ByteBuddy|MockitoMock)\$\w+/g, '$$$1$$<auto>'],
  // Proxies: jdk.proxy2.$Proxy37, com.sun.proxy.$Proxy12
  [/\bjdk\.proxy\d+\./g, 'jdk.proxy<auto>.'],
  [/\$Proxy\d+/g, '$$Proxy<auto>'],
]

/** The module, without what differs between runs of the same program. */
export function moduleComponent(facts: FrameFacts, platform: string, mapped: boolean): Component {
  const { module } = facts
  if (module === '') return nothing('module')
  if (facts.family === 'javascript') return javaScriptModule(facts, platform, mapped)
  if (!isJvm(platform)) return component('module', [module])
  if (module.includes('$$Lambda$') || module.includes('$$Lambda/')) {
    return muted(component('module', [module]), 'ignored java lambda')
  }
  if (!module.includes('$') && !module.includes('Accessor')) return component('module', [module])
  let plain = module.length > 1024 ? module.slice(0, 1024) : module
  for (const [pattern, by] of generated) plain = plain.replace(pattern, by)
  return plain === module
    ? component('module', [module])
    : component('module', [plain], 'removed codegen marker')
}

/** SDKs of browsers make a module of the file's path, which says no more than that. */
function javaScriptModule(facts: FrameFacts, platform: string, mapped: boolean): Component {
  const { module, absPath } = facts
  if (platform === 'javascript' && absPath !== '') {
    const end = absPath.search(/[?#]/)
    const path = end > 0 ? absPath.slice(0, end) : absPath
    const plain = path.replace(/\.\w{1,10}$/, '')
    if (path.endsWith(module) || plain.endsWith(module)) {
      return muted(component('module', [module]), 'ignored bad javascript module')
    }
  }
  if (mapped) return component('module', [module])
  const stripped = withoutContentHash(`${module}.js`).slice(0, -'.js'.length)
  return stripped === module
    ? component('module', [module])
    : component('module', [stripped], 'removed content hash')
}
