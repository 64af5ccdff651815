import { namesMaps, summarise } from '../digest/summarise.ts'
import type { EventBounds } from '../event/bounds.ts'
import { Marks } from '../event/marks.ts'
import { normalise } from '../event/normalise.ts'
import { group } from '../grouping/group.ts'
import { projectRules } from '../grouping/project_rules.ts'
import type { Project } from '../projects/project.ts'
import { rawScrubbing } from '../scrub/raw_json.ts'
import { type CompiledScrubbing, compileScrubbing, scrubbingOf } from '../scrub/rules.ts'
import { scrubFile } from '../scrub/files.ts'
import { scrub } from '../scrub/scrub.ts'
import { Scrubber } from '../scrub/walk.ts'
import type { Preparing } from './acceptor.ts'
import { readJson } from './json_text.ts'
import type { AcceptConfig } from './protocol.ts'
import { type ScanRules, UnreadEvents } from './unread_events.ts'

/** Of a project. */
interface Compiled {
  readonly scrubbing: CompiledScrubbing
  /** Undefined where scrubbing has to look at every frame. */
  readonly scans: ScanRules | undefined
}

function scanRules(scrubbing: CompiledScrubbing, bounds: EventBounds): ScanRules | undefined {
  const raw = rawScrubbing(scrubbing)
  return (
    raw && {
      ...raw,
      maxFrames: Math.min(bounds.max_frames, bounds.max_frames_with_context),
      maxVarsSize: bounds.max_vars_size,
      maxModules: bounds.max_modules,
    }
  )
}

/**
 * Normalisation and scrubbing by the config, and by what each project says of its own.
 *
 * @param randomBytes asked once, for what no sender may guess.
 */
export function preparingBy(
  config: () => AcceptConfig,
  randomBytes: (count: number) => Uint8Array,
): Preparing {
  // A changed project, or config, is another object.
  let compiled = new WeakMap<Project, Compiled>()
  let compiledOf = config()
  let grouping = projectRules(compiledOf.grouping)
  const unread = new UnreadEvents(`frames ${Buffer.from(randomBytes(12)).toString('hex')} `)
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
      const scrubbing = compileScrubbing(scrubbingOf(config().scrub, project.settings.scrub))
      rules = { scrubbing, scans: scanRules(scrubbing, config().events) }
      compiled.set(project, rules)
    }
    return rules
  }
  return {
    readEvent: (payload, project) => {
      const { scans } = rulesOf(project)
      return scans ? unread.read(payload, scans, config().events) : readJson(payload)
    },
    normalise: (raw, arrival) => normalise(raw, { ...arrival, bounds: config().events }),
    scrub: (event, project) => scrub(event, rulesOf(project).scrubbing),
    summarise: (event, project) => {
      if (namesMaps(event)) return undefined
      follow()
      const rules = grouping(project.settings.grouping)
      return summarise(event, group(event, rules), rules.id)
    },
    scrubFile: async (file, project) => {
      const rules = rulesOf(project).scrubbing
      if (rules.attachments === 'drop') return undefined
      if (rules.attachments === 'keep') return file
      const bytes = await scrubFile(file.bytes, rules, breathe)
      if (bytes === undefined) return rules.attachments === 'texts' ? undefined : file
      return { ...file, bytes }
    },
    redact: (name, text, project) => {
      const rules = rulesOf(project).scrubbing
      if (!rules.active) return text
      const scrubber = new Scrubber(rules, new Marks(undefined))
      // What people write keeps its words: "my password does not work" is no secret.
      return name === 'message' ? scrubber.message(name, text) : scrubber.named(name, name, text)
    },
  }
}

const breathe = () => new Promise<void>((resolve) => setImmediate(resolve))
