import type { ProjectScrubbing, ScrubbingConfig } from './config.ts'
import type { Patterns } from './patterns.ts'

/** What the name of a field says of its value. */
export type FieldKind = 'plain' | 'secret' | 'excluded'

/** Scrubbing rules, made ready; of one project. */
export interface CompiledScrubbing {
  /** False when nothing is to be done at all. */
  readonly active: boolean
  readonly ipAddresses: boolean
  readonly attachments: ScrubbingConfig['attachments']
  /** Whether cookies that hold sessions are secret. */
  readonly sessionCookies: boolean
  kindOf(field: string): FieldKind
  /** Of a secret field: which rule says so, as Sentry calls it. */
  ruleOf(field: string): string
  /** Finds a word that makes a text secret as a whole; undefined where texts are not searched for words. */
  readonly words: RegExp | undefined
  /** Finds all words that make a field or a text secret in their JSON, if that has escapes of quotes and slashes alone; undefined where more than words does. */
  readonly suspects: RegExp | undefined
  /** For texts that anything may be in. */
  readonly texts: Patterns
  /** For messages, of which only what certainly is secret is taken out. */
  readonly messages: Patterns
  /** For lines of source. */
  readonly lines: Patterns
  /** For what begins as JSON and is none, as it was cut. */
  readonly cutJson: Patterns
}

/** Sentry's, as parts of a name in any case (Relay, `PASSWORD_KEY_REGEX`); and with a hyphen, as headers have them. */
const secretWords =
  'password|secret|passwd|api[-_]?key|auth|credentials|mysql_pwd|private[-_]?key|token|otp|two[-_]factor'

/** Cookies as one text, with their sessions. */
const cookieFields = '^(?:set-)?cookie2?$'

/** Names that were asked for; beyond it they are forgotten. */
const mostRemembered = 4_096

/** What holds for a project. */
export function scrubbingOf(all: ScrubbingConfig, project: ProjectScrubbing = {}): ScrubbingConfig {
  return {
    enabled: project.enabled ?? all.enabled,
    defaults: project.defaults ?? all.defaults,
    match: project.match ?? all.match,
    ip_addresses: project.ip_addresses ?? all.ip_addresses,
    sensitive_fields: [...all.sensitive_fields, ...(project.sensitive_fields ?? [])],
    exclude_fields: [...all.exclude_fields, ...(project.exclude_fields ?? [])],
    attachments: project.attachments ?? all.attachments,
  }
}

/** Rules of a config, for `scrub`. */
export function compileScrubbing(config: ScrubbingConfig): CompiledScrubbing {
  const { enabled, defaults: withDefaults, match } = config
  const custom = enabled ? config.sensitive_fields.map((field) => escaped(field)).join('|') : ''
  const defaults = enabled && withDefaults ? secretWords : ''
  const source = [defaults, custom].filter((part) => part !== '').join('|')
  const words = source === '' ? undefined : new RegExp(source, 'i')
  const fields = defaults === '' ? words : new RegExp(`${source}|${cookieFields}`, 'i')
  const customWords = custom === '' ? undefined : new RegExp(custom, 'i')
  const excluded = new Set(config.exclude_fields.map((field) => field.toLowerCase()))
  const remembered = new Map<string, FieldKind>()
  const secrets = enabled && withDefaults
  const ipAddresses = config.ip_addresses
  const assigned = words && assignments(source, false)
  const named = words && assignments(source, true)
  return {
    active: words !== undefined || ipAddresses,
    ipAddresses,
    attachments: config.attachments,
    sessionCookies: secrets,
    kindOf(field) {
      const known = remembered.get(field)
      if (known !== undefined) return known
      const kind = kindOf(field, fields, excluded)
      if (remembered.size >= mostRemembered) remembered.clear()
      if (field.length <= 128) remembered.set(field, kind)
      return kind
    },
    ruleOf: (field) => (customWords?.test(field) === true ? 'strip-fields' : '@password:filter'),
    words: match === 'keys' ? undefined : words,
    suspects:
      match !== 'keys' && words && isPlainJson(config.sensitive_fields)
        ? new RegExp(`${source}|cookie`, 'i')
        : undefined,
    texts: {
      secrets,
      userPaths: secrets,
      ipAddresses,
      assignments: match === 'keys' ? named : undefined,
    },
    messages: {
      secrets,
      userPaths: false,
      ipAddresses,
      assignments: match === 'keys' ? named : assigned,
    },
    lines: { secrets, userPaths: false, ipAddresses, assignments: undefined },
    cutJson: { secrets, userPaths: false, ipAddresses, assignments: named },
  }
}

function kindOf(
  field: string,
  fields: RegExp | undefined,
  excluded: ReadonlySet<string>,
): FieldKind {
  if (excluded.has(field.toLowerCase())) return 'excluded'
  return fields?.test(field) === true ? 'secret' : 'plain'
}

/** Whether these words are the same in JSON. */
const isPlainJson = (words: readonly string[]): boolean =>
  words.every((word) => JSON.stringify(word) === `"${word}"` && !word.includes('/'))

/** `password=…`, with quotes or without; with `named` also `"password": "…"`. */
function assignments(words: string, named: boolean): RegExp {
  const sign = named ? String.raw`(?:\\{0,2}["']\s{0,4}[:=]\s{0,4}\\{0,2}|=)` : '='
  const value = String.raw`(?:"((?:[^"\\]|\\.)[^"\\]*(?:\\.[^"\\]*)*)|'([^']+)|([^\s"'\\&;,}\]<>]+))`
  return new RegExp(String.raw`(?:${words})[\w-]{0,32}${sign}${value}`, 'dgi')
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`)
}
