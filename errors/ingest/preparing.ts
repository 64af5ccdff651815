import { hash } from 'node:crypto'
import { namesMaps, summarise } from '../digest/summarise.ts'
import { Marks } from '../event/marks.ts'
import { normalise } from '../event/normalise.ts'
import { group } from '../grouping/group.ts'
import { projectRules } from '../grouping/project_rules.ts'
import type { Project } from '../projects/project.ts'
import { type CompiledScrubbing, compileScrubbing, scrubbingOf } from '../scrub/rules.ts'
import { scrubFile } from '../scrub/files.ts'
import { scrub } from '../scrub/scrub.ts'
import { Scrubber } from '../scrub/walk.ts'
import type { Preparing } from './acceptor.ts'
import { readEvent } from './event_reading.ts'
import type { AcceptConfig } from './protocol.ts'
import { RememberedParts } from './remembered_parts.ts'

interface NamedRules {
  readonly rules: CompiledScrubbing
  /** The same for all projects that have the same. */
  readonly name: string
}

const nameOf = (scrubbing: object): string => hash('sha256', JSON.stringify(scrubbing), 'base64')

/** Normalisation and scrubbing by the config, and by what each project says of its own. */
export function preparingBy(config: () => AcceptConfig): Preparing {
  // A changed project, or config, is another object.
  let compiled = new WeakMap<Project, NamedRules>()
  let compiledOf = config()
  let grouping = projectRules(compiledOf.grouping)
  let parts = new RememberedParts(compiledOf.events)
  const follow = () => {
    if (compiledOf === config()) return
    compiled = new WeakMap()
    compiledOf = config()
    grouping = projectRules(compiledOf.grouping)
    parts = new RememberedParts(compiledOf.events)
  }
  const namedRulesOf = (project: Project) => {
    follow()
    let named = compiled.get(project)
    if (!named) {
      const scrubbing = scrubbingOf(config().scrub, project.settings.scrub)
      named = { rules: compileScrubbing(scrubbing), name: nameOf(scrubbing) }
      compiled.set(project, named)
    }
    return named
  }
  const rulesOf = (project: Project) => namedRulesOf(project).rules
  return {
    readEvent: (bytes, project, mark) => {
      const { rules, name } = namedRulesOf(project)
      const stacktrace = (part: Uint8Array) => parts.stacktrace(part, rules, name)
      return readEvent(bytes, { stacktrace, modules: (part) => parts.modules(part) }, mark)
    },
    normalise: (raw, arrival) => normalise(raw, { ...arrival, bounds: config().events }),
    scrub: (event, project) => scrub(event, rulesOf(project)),
    summarise: (event, project) => {
      if (namesMaps(event)) return undefined
      follow()
      const rules = grouping(project.settings.grouping)
      return summarise(event, group(event, rules), rules.id)
    },
    scrubFile: async (file, project) => {
      const rules = rulesOf(project)
      if (rules.attachments === 'drop') return undefined
      if (rules.attachments === 'keep') return file
      const bytes = await scrubFile(file.bytes, rules, breathe)
      if (bytes === undefined) return rules.attachments === 'texts' ? undefined : file
      return { ...file, bytes }
    },
    redact: (name, text, project) => {
      const rules = rulesOf(project)
      if (!rules.active) return text
      const scrubber = new Scrubber(rules, new Marks(undefined))
      // What people write keeps its words: "my password does not work" is no secret.
      return name === 'message' ? scrubber.message(name, text) : scrubber.named(name, name, text)
    },
  }
}

const breathe = () => new Promise<void>((resolve) => setImmediate(resolve))
