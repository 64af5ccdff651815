import { z } from 'zod'
import { registry, type Registry } from '../core/plugin.ts'
import { findingsOf } from '../core/config/problems.ts'
import { explain } from '../core/config/explain.ts'
import { systemClock } from '../core/clock.ts'
import { ConfigError } from '../core/errors.ts'
import { addressText, type ListenAddress } from '../core/listen/failure.ts'
import { tag } from '../core/tag.ts'
import { filters } from './filters/all.ts'
import { inputs } from './inputs/all.ts'
import { addressesOf, collide } from '../core/listen/addresses.ts'
import { outputs } from './outputs/all.ts'
import { storeRoute } from './outputs/store.ts'
import { parsers } from './parsers/all.ts'

/** Checks run whatever else is wrong, so that all mistakes show at once; they get any value. */
const always = { when: () => true }

/** Where events can go: the outputs, and the store, which reads the journal by itself. */
const destinations = registry<never, unknown>([
  ...(outputs.plugins as unknown as Registry<never, unknown>['plugins']),
  storeRoute as unknown as Registry<never, unknown>['plugins'][number],
])

/** An input's config: what its plugin declares, and a `parser` that is one. */
const input = inputs.schema.superRefine((config, context) => {
  const written = (config as Record<string, unknown> | undefined)?.['parser']
  const isText = typeof written === 'string'
  // Anything else is no parser at all, which the input's own schema says.
  if (!isText && (typeof written !== 'object' || written === null || !('type' in written))) return
  const result = parsers.schema.safeParse(isText ? { type: written } : written, {
    error: explain,
    reportInput: true,
  })
  if (result.success) {
    const problem = problemOfParser(result.data)
    if (problem) context.addIssue({ code: 'custom', ...problem })
    return
  }
  for (const { path, message } of findingsOf(result.error.issues)) {
    // `parser: jsno` has no `type` of its own to point at.
    context.addIssue({ code: 'custom', path: ['parser', ...(isText ? [] : path)], message })
  }
}, always)

/** What a parser's options allow each alone, but its factory refuses, such as an expression. */
function problemOfParser(config: { type: string; [option: string]: unknown }) {
  try {
    parsers.create(config, systemClock)
    return undefined
  } catch (failure) {
    if (!(failure instanceof ConfigError)) throw failure
    // `expression: Invalid regular expression …` is about that option.
    const [, option, rest] = /^(\w+): ([^]*)$/.exec(failure.message) ?? []
    const isOption = option !== undefined && config[option] !== undefined
    return isOption
      ? { path: ['parser', option], message: rest! }
      : { path: ['parser'], message: failure.message }
  }
}

/** The HTTP port hands a body to one input, and no two can have one address. */
function checkInputs(inputs: readonly { type: string }[], context: z.RefinementCtx) {
  const taken: { index: number; address: ListenAddress }[] = []
  const http = inputs.findIndex(({ type }) => type === 'http')
  for (const [index, input] of inputs.entries()) {
    const path = ['inputs', index]
    if (input.type === 'http' && index > http) {
      const message = `inputs[${http}] takes all of /in/<tag> already: one http input is enough`
      context.addIssue({ code: 'custom', path, message })
    }
    for (const address of addressesOf(input)) {
      const first = taken.find((each) => collide(each.address, address))
      if (first) {
        const message = `inputs[${first.index}] listens on ${addressText(first.address)}: ${addressText(address)} cannot be taken a second time`
        context.addIssue({ code: 'custom', path, message })
      }
      taken.push({ index, address })
    }
  }
}

/**
 * Ids, given or by type, that two components share; `components` may be anything.
 */
function checkIds(components: unknown, kind: 'inputs' | 'outputs', context: z.RefinementCtx) {
  const taken = new Map<string, number>()
  for (const [index, component] of (Array.isArray(components) ? components : []).entries()) {
    const { id: given, type } = (component ?? {}) as { id?: unknown; type?: unknown }
    const id = given ?? type
    if (typeof id !== 'string') continue
    if (kind === 'outputs' && id === 'store' && type !== 'store') {
      const message =
        'the id "store" is that of the store, which keeps its place in the journal by it'
      context.addIssue({ code: 'custom', path: [kind, index, 'id'], message })
    }
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
      .regex(/^[^-:\\/*?"<>| ,#A-Z]{1,100}$/, {
        error:
          'a namespace has 1 to 100 characters, none of them a capital letter, a space or one of - : \\ / * ? " < > | , #',
      })
      .default('default')
      .describe('Last part of stream names: logs-<tag>-<namespace>'),
    on_error: z
      .strictObject({
        tag: tag().describe('Tag of what a parser or filter refused'),
      })
      .optional()
      .describe('Where refused lines go, raw; without it they keep their tag'),
    inputs: z
      .array(input)
      .prefault([{ type: 'http' }])
      .describe('Where events come from'),
    filters: z.array(filters.schema).default([]).describe('What changes them, in order'),
    outputs: z
      .array(destinations.schema)
      .prefault([{ type: 'store' }])
      .describe('Where they go; an event goes to every output whose `match` fits'),
  })
  .superRefine((config, context) => {
    checkIds(config?.inputs, 'inputs', context)
    checkIds(config?.outputs, 'outputs', context)
  }, always)
  .superRefine(({ inputs: configs }, context) => checkInputs(configs, context))

export type CollectorConfig = z.output<typeof collectorConfig>

/** The kinds of components, for docs and completion. */
export const components: Readonly<Record<string, Registry<never, unknown>>> = {
  inputs: inputs as unknown as Registry<never, unknown>,
  parsers: parsers as unknown as Registry<never, unknown>,
  filters: filters as unknown as Registry<never, unknown>,
  outputs: destinations,
}
