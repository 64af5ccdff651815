import { isUlid } from './ulid.ts'

/** Where the journal's files are, below the data folder. */
export const journalFolder = (dataFolder: string) => `${dataFolder}/journal`
export const partitionFolder = (dataFolder: string, partition: string) =>
  `${journalFolder(dataFolder)}/${partition}`
export const readersFolder = (dataFolder: string) => `${dataFolder}/readers`
export const cursorPath = (dataFolder: string, reader: string) =>
  `${readersFolder(dataFolder)}/${reader}.json`
export const eventsPath = (folder: string, segment: string) => `${folder}/${segment}.ndjson`
export const indexPath = (folder: string, segment: string) => `${folder}/${segment}.index`

/** Whether a name in the journal's folder may be a partition's; what else lies there is left alone. */
export const isPartition = (name: string) => /^[a-z][a-z0-9_-]*$/.test(name)

/** The segments among the names of a partition's folder, oldest first. */
export function segmentsAmong(names: readonly string[]): string[] {
  const found = new Set<string>()
  for (const name of names) {
    const [segment, ending, ...rest] = name.split('.')
    if (
      rest.length === 0 &&
      segment &&
      isUlid(segment) &&
      (ending === 'ndjson' || ending === 'index')
    )
      found.add(segment)
  }
  return [...found].toSorted()
}
