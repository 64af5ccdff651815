import { z } from 'zod'
import { duration, size } from '../../core/units.ts'

const count = (standard: number, what: string, least = 1) =>
  z.int().min(least).default(standard).describe(what)

/** What of an event is kept; more of it is cut, and marked so in its `_meta`. */
export const eventBounds = z.strictObject({
  max_message: count(8_192, 'Most characters of a message, an exception value, a breadcrumb', 16),
  max_frames: count(250, 'Most frames of a stack trace; those in its middle go'),
  max_frames_with_context: count(
    50,
    'Most frames of a stack trace that keep their variables and source lines; those in its middle lose them, system frames first',
  ),
  max_exceptions: count(50, 'Most exceptions of a chain; those in its middle go'),
  max_threads: count(250, 'Most threads; the crashed and the current one always stay'),
  max_breadcrumbs: count(100, 'Most breadcrumbs; the newest stay'),
  max_tags: count(100, 'Most tags; the first stay'),
  max_tag_key: count(
    32,
    'Most characters of the name of a tag; a tag with a longer one is left out',
  ),
  max_tag_value: count(200, 'Most characters of the value of a tag', 16),
  max_images: count(2_000, 'Most images of `debug_meta`; source maps are found by them'),
  max_modules: count(1_000, 'Most modules (installed packages)'),
  max_vars_size: size().default(2_048).describe('Most bytes of the variables of one frame'),
  max_breadcrumb_size: size().default(2_048).describe("Most bytes of one breadcrumb's data"),
  max_body_size: size().default(8_192).describe("Most bytes of the request's body"),
  max_context_size: size().default(8_192).describe('Most bytes of one context'),
  max_extra_size: size().default(262_144).describe('Most bytes of all extra values'),
  max_extra_value_size: size().default(16_384).describe('Most bytes of one extra value'),
  max_age: duration()
    .default(30 * 864e5)
    .describe('An event that says it is older counts as of its receipt'),
  max_ahead: duration()
    .default(60_000)
    .describe('An event that says it is further in the future counts as of its receipt'),
  min_clock_drift: duration()
    .default(55 * 60_000)
    .describe("From this difference between a sender's clock and Weir's on, times are corrected"),
})

export type EventBounds = z.output<typeof eventBounds>

export const eventFields = {
  events: eventBounds.prefault({}).describe('What of an event is kept'),
}
