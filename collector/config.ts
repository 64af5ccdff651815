import { z } from 'zod'
import type { Registry } from '../core/plugin.ts'
import { findingsOf } from '../core/config/problems.ts'
import { explain } from '../core/config/explain.ts'
import { filters } from './filters/all.ts'
import { inputs } from './inputs/all.ts'
import { outputs } from './outputs/all.ts'
import { parsers } from './parsers/all.ts'

/** An input's config: what its plugin declares; `parser` is checked here and has its defaults. */
const input = inputs.schema.transform((config, context) => {
  if (config['parser'] === undefined) return config
  const parser = checkParser(config['parser'], context)
  return parser === undefined ? z.NEVER : { ...config, parser }
})

/**
 * A parser's type alone, or an object with its options, to the object with all defaults. Inputs
 * cannot check it themselves: a parser is no part of them.
 */
function checkParser(written: unknown, context: z.RefinementCtx) {
  const parser = typeof written === 'string' ? { type: written } : written
  const result = parsers.schema.safeParse(parser, { error: explain, reportInput: true })
  if (result.success) return result.data
  for (const { path, message } of findingsOf(result.error.issues)) {
    // `parser: jsno` has no `type` of its own to point at.
    const place = typeof written === 'string' ? [] : path
    context.addIssue({ code: 'custom', path: ['parser', ...place], message })
  }
  return undefined
}

/** Ids, given or by type, that two components share. */
function checkIds(
  components: readonly { type: string; [key: string]: unknown }[],
  kind: 'inputs' | 'outputs',
  context: z.RefinementCtx,
) {
  const taken = new Map<string, number>()
  for (const [index, component] of components.entries()) {
    const given = component['id']
    const id = typeof given === 'string' ? given : component.type
    const first = taken.get(id)
    taken.set(id, first ?? index)
    if (first === undefined) continue
    const message =
      given === undefined
        ? `${kind}[${first}] has the id "${id}" already: give one of them an id of its own, since ${kind === 'inputs' ? 'positions' : 'cursors'} belong to it`
        : `${kind}[${first}] has the id "${id}" already: ids are unique`
    const path = given === undefined ? [kind, index] : [kind, index, 'id']
    context.addIssue({ code: 'custom', path, message })
  }
}

const listOf = <Schema extends z.ZodType>(schema: Schema) => z.array(schema)

/** The collector's part of the config; the schemas of its components come from their plugins. */
export const collectorConfig = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Whether logs are collected'),
    workers: z
      .int()
      .min(1)
      .max(64)
      .default(1)
      .describe('Threads that read, parse and filter; one does about 100 MB/s'),
    namespace: z
      .string()
      .regex(/^[^-:\\/*?"<>| ,#A-Z]{1,100}$/)
      .default('default')
      .describe('Last part of stream names: logs-<tag>-<namespace>'),
    on_error: z
      .strictObject({
        tag: z.string().min(1).describe('Tag of what a parser or filter refused'),
      })
      .optional()
      .describe('Where refused lines go, raw; without it they keep their tag'),
    inputs: listOf(input)
      .prefault([{ type: 'http' }])
      .describe('Where events come from'),
    filters: listOf(filters.schema).default([]).describe('What changes them, in order'),
    outputs: listOf(outputs.schema)
      .default([])
      .describe('Where they go; an event goes to every output whose `match` fits'),
  })
  .superRefine((config, context) => {
    checkIds(config.inputs, 'inputs', context)
    checkIds(config.outputs, 'outputs', context)
  })

export type CollectorConfig = z.output<typeof collectorConfig>

/** The kinds of components, for docs and completion. */
export const components: Readonly<Record<string, Registry<never, unknown>>> = {
  inputs: inputs as unknown as Registry<never, unknown>,
  parsers: parsers as unknown as Registry<never, unknown>,
  filters: filters as unknown as Registry<never, unknown>,
  outputs: outputs as unknown as Registry<never, unknown>,
}
