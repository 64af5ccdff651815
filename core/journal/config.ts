import { z } from 'zod'
import { size } from '../units.ts'

/** The journal between arrival and use. */
export const journalConfig = z.strictObject({
  max_disk: size()
    .refine((bytes) => bytes >= 65_536, 'expected 64KiB or more')
    .default(10_000_000_000)
    .describe('Most bytes the journal takes on disk'),
  when_full: z
    .enum(['block', 'drop_newest', 'drop_oldest'])
    .default('block')
    .describe(
      '`block`: inputs wait and senders are told to; `drop_newest`: what arrives is dropped, counted; `drop_oldest`: the oldest segment goes though a reader still needs it, counted',
    ),
  segment_size: size()
    .refine((bytes) => bytes >= 65_536 && bytes <= 1_000_000_000, 'expected 64KiB to 1GB')
    .default(64_000_000)
    .describe('Bytes of a segment, after which a new one begins; what is deleted at once'),
  max_batch: size()
    .refine((bytes) => bytes >= 65_536 && bytes <= 256_000_000, 'expected 64KiB to 256MB')
    .default(16_000_000)
    .describe('Most bytes written and synced together (group commit)'),
})
