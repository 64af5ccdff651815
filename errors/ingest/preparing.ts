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
import type { AcceptConfig } from './protocol.ts'

/** Normalisation and scrubbing by the config, and by what each project says of its own. */
export function preparingBy(config: () => AcceptConfig): Preparing {
  // A changed project, or config, is another object.
  let compiled = new WeakMap<Project, CompiledScrubbing>()
  let compiledOf = config()
  let grouping = projectRules(compiledOf.grouping)
  const follow = () => {
    if (compiledOf === config()) return
    compiled = new WeakMap()
    compiledOf = config()
    grouping = projectRules(compiledOf.grouping)
  }
  const rulesOf = (project: Project) => {
    follow()
    let rules = compiled.get(project)
    if (!rules) {
      rules = compileScrubbing(scrubbingOf(config().scrub, project.settings.scrub))
      compiled.set(project, rules)
    }
    return rules
  }
  return {
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
