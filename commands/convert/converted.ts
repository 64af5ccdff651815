import { stringify } from 'yaml'

/** A config that was made of another daemon's. */
export interface Converted {
  readonly config: object
  /** What has no counterpart, a sentence each. */
  readonly notes: readonly string[]
}

/** As YAML, the notes as comments before it. */
export function yamlOf({ config, notes }: Converted): string {
  const comments = notes.map((note) => `# ${note.replaceAll('\n', ' ')}\n`)
  return `${comments.join('')}${stringify(config)}`
}
