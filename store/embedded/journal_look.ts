import type { Journal } from '../../core/journal/journal.ts'
import type { EmbeddedWorld } from './engine.ts'

/** The journal as it stands, for who only looks: nothing is held for it, nothing passed, and nothing waits. */
export function journalLook(journal: Pick<Journal, 'partitions'>): EmbeddedWorld['feed'] {
  return {
    partitions: () =>
      journal.partitions.map(({ name, folder, segments }) => {
        return {
          name,
          folder,
          segments: segments.map((each) => ({ ...each, end: { ...each.end } })),
        }
      }),
    listen: () => () => undefined,
    advance: () => undefined,
    lag: () => ({ bytes: 0, events: 0 }),
  }
}
