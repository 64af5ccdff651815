/** Where the store's files are, below `<data_dir>/store`. docs/formats/segments.md §1. */
export const manifestPath = (folder: string) => `${folder}/manifest.sqlite`
export const segmentsFolder = (folder: string) => `${folder}/segments`
/** Files that are being made: nothing in it survives a start. */
export const workFolder = (folder: string) => `${folder}/work`
/** What could not be used any more, and is nowhere else: of it goes only what is taken into the store again. */
export const asideFolder = (folder: string) => `${folder}/aside`
/** Below `segments/`: those of several streams. No stream's folder begins with `_`. */
export const mixedFolder = '_mixed'

const name = (id: number) => String(id).padStart(10, '0')

/** Below `segments/`: `_mixed/0000000042.parquet`, or `logs-a-default/2026-11-21/0000000042.parquet`. */
export function segmentFile(
  id: number,
  stream: string | undefined,
  day: string | undefined,
): string {
  const folder = stream === undefined ? mixedFolder : `${streamFolder(stream)}/${day ?? 'undated'}`
  return `${folder}/${name(id)}.parquet`
}

/** The token filter beside a segment. */
export const wordsFile = (file: string) => file.replace(/\.parquet$/, '.words')

/** A stream's name as a folder's: what a path could take for something else is escaped. */
const streamFolder = (stream: string) =>
  encodeURIComponent(stream).replace(/^[._]/, (first) => (first === '.' ? '%2E' : '%5F'))
