import { dotnetRules, goRules, nativeRules } from './compiled.ts'
import { javaScriptFingerprints, javaScriptRules } from './javascript.ts'
import { jvmRules } from './jvm.ts'
import { phpRules, pythonRules, rubyRules } from './scripting.ts'

/**
 * Stack-trace rules that hold for everybody who does not turn them off. What an SDK decides by its user's settings
 * (which packages are the application's) is left to it; said here is what no application wants otherwise.
 */
export const builtInStackTraceRules = [
  only('family:javascript', javaScriptRules),
  only('platform:python', pythonRules),
  only('platform:php', phpRules),
  only('platform:ruby', rubyRules),
  only('platform:java,kotlin,groovy,scala,clojure', jvmRules),
  only('platform:go', goRules),
  only('platform:csharp', dotnetRules),
  only('family:native', nativeRules),
].join('\n')

/** A module `testing` of a Python program is none of Go's. */
function only(matcher: string, rules: string): string {
  return rules.replaceAll(/^(?!#|$)/gm, `${matcher} `)
}

export const builtInFingerprintRules = javaScriptFingerprints
