import { z } from 'zod'
import { size } from '../../core/units.ts'

/** Bounds of source maps: what is taken, what is kept on disk, what is held in memory. */
export const sourceMapsConfig = z.strictObject({
  max_file_size: size()
    .default(100_000_000)
    .describe('Most bytes of one uploaded file, a map or a script; larger ones are refused'),
  max_bundle_size: size()
    .default(1_000_000_000)
    .describe('Most bytes of one upload, and of all that is in it once unpacked'),
  max_bundle_files: z
    .int()
    .min(1)
    .default(20_000)
    .describe('Most files of one upload; a bundle of more is refused'),
  max_map_size: size()
    .default(64_000_000)
    .describe('Most bytes of a map that is used; frames of a larger one stay as they came'),
  max_memory: size()
    .default(96_000_000)
    .describe('Most bytes of read maps in memory; the one used longest ago goes first'),
  max_disk: size()
    .default(5_000_000_000)
    .describe('Most bytes of uploaded files; those of the release uploaded longest ago go first'),
  max_pending: size()
    .default(2_000_000_000)
    .describe('Most bytes of uploads that are not complete; beyond it chunks are refused'),
})

export type SourceMapsConfig = z.output<typeof sourceMapsConfig>
