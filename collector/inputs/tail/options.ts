import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { duration, size } from '../../../core/units.ts'
import { knownEncoding } from './encoding.ts'

const pattern = () =>
  z.string().transform((text, context) => {
    try {
      return new RegExp(text)
    } catch (failure) {
      context.addIssue({ code: 'custom', message: `not a regular expression: ${String(failure)}` })
      return z.NEVER
    }
  })

const path = () =>
  z
    .string()
    .refine(isAbsolute, { error: (issue) => `"${String(issue.input)}" is not an absolute path` })

const multiline = z
  .strictObject({
    start_pattern: pattern().optional().describe('A line that matches begins an event'),
    continue_pattern: pattern()
      .optional()
      .describe('A line that matches belongs to the event of the line before it'),
    end_pattern: pattern().optional().describe('A line that matches is the last one of its event'),
    max_lines: z.int().min(1).max(1_000_000).default(500).describe('Most lines of one event'),
    max_bytes: size().default(1_000_000).describe('Most bytes of one event'),
    flush_after: duration()
      .default(2000)
      .describe('An event is whole when nothing came for so long'),
  })
  .refine((given) => !(given.start_pattern && given.continue_pattern), {
    message:
      'choose start_pattern or continue_pattern: they say in two ways which lines belong together',
  })
  .refine((given) => given.start_pattern ?? given.continue_pattern ?? given.end_pattern, {
    message: 'multiline needs start_pattern, continue_pattern or end_pattern',
  })

/** The config of a tail input, beside what every input has. */
export const tailFields = {
  paths: z
    .array(
      path().refine((text) => !text.endsWith('.gz'), {
        error:
          'a compressed file is not followed: name the log itself, whose rotated copies are read on, compressed ones too',
      }),
    )
    .min(1)
    .describe('Files to follow: `*`, `?`, `[a-z]`, `{a,b}`, and `**` for any folders'),
  exclude_paths: z.array(path()).default([]).describe('Paths not to follow; same patterns'),
  rotated_paths: z
    .array(path())
    .default([])
    .describe('Where else rotated copies may be; those beside the file are always looked at'),
  read_from: z
    .enum(['start', 'end'])
    .default('start')
    .describe('Where to begin in files never seen that exist at the start; a known position wins'),
  refresh_interval: duration().default(5000).describe('How often to look for new files'),
  rotate_wait: duration()
    .default(5000)
    .describe(
      'How long a rotated file must be quiet to count as done, and a copy may take to appear',
    ),
  poll_interval: duration().default(250).describe('How often to look at a file that changes'),
  idle_poll_interval: duration().default(10_000).describe('How often to look at one that does not'),
  gather_interval: duration()
    .default(1000)
    .describe('Lines that trickle in are gathered for so long, to be read and committed together'),
  close_idle: duration().default(60_000).describe('An unchanged file is closed after so long'),
  max_open_files: z
    .int()
    .min(1)
    .default(1000)
    .describe('Beyond it a file is closed once it is read'),
  ignore_older: duration()
    .optional()
    .describe('Files never seen and unchanged for so long are left out until they change'),
  position_ttl: duration()
    .default(1_209_600_000)
    .describe('A position without a file is kept so long'),
  max_line_size: size().default(1_000_000).describe('Longest line'),
  long_lines: z
    .enum(['cut', 'drop'])
    .default('cut')
    .describe('What to do with longer ones, counted'),
  skip_empty_lines: z.boolean().default(true).describe('Whether empty lines are no events'),
  encoding: z
    .string()
    .default('utf-8')
    .refine(knownEncoding, {
      message:
        'not an encoding: try utf-8, utf-16le, utf-16be, latin1, windows-1252, shift_jis, gbk',
    })
    .describe('Encoding of the files; events are UTF-8'),
  multiline: multiline.optional().describe('How lines make one event'),
  read_size: size().default(1_048_576).describe('Most bytes read at once'),
  read_bytes_limit: size()
    .default(8_388_608)
    .describe('Most bytes read from one file before the next has its turn'),
  in_flight_bytes: size().default(8_388_608).describe('Most bytes delivered and not yet durable'),
  watch: z
    .boolean()
    .default(true)
    .describe('Whether the system may wake the tail before its next look'),
  watch_rate: z
    .int()
    .min(1)
    .default(5)
    .describe('Times a second that it may; beyond it, the folders that do are left to looking'),
}

export const tailSchema = z.object(tailFields)
export type TailOptions = z.output<typeof tailSchema>

/** With what every input has and this one uses. */
export type TailConfig = TailOptions & { tag?: string | undefined }
