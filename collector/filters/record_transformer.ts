import { z } from 'zod'
import { type Event } from '../event.ts'
import { setOwn, type Json, type JsonObject } from '../../core/json.ts'
import { defineFilter } from '../filter.ts'
import { Refusal } from '../parser.ts'
import { keepOnly, setAt, takeAt } from './field.ts'
import { compileTemplate, type Template } from './template.ts'

const field = z
  .string()
  .min(1)
  .refine((path) => path !== '@timestamp', {
    error: 'every event keeps its @timestamp; what is read as the time is the parser’s time_key',
  })

/**
 * Changes events: `add` reads the event as it came; then fields are renamed, those not kept go, the
 * added ones are set, and `remove` has the last word. As Fluentd's record_transformer, with
 * `record` called `add`, `remove_keys` `remove`, `renew_record` with `keep_keys` `keep`. In a config file a placeholder is written `$${…}`, since
 * `${…}` is a variable of the environment.
 */
export const recordTransformer = defineFilter(
  'record_transformer',
  'Adds, removes, keeps and renames fields.',
  {
    add: z
      .record(field, z.json())
      .default({})
      .describe(
        'Field to value; texts may hold `$${field}`, `$${tag}`, `$${tag_parts[0]}`, `$${hostname}`, `$${time}`',
      ),
    remove: z.array(field).default([]).describe('Fields to take out'),
    keep: z
      .array(z.string().min(1))
      .optional()
      .describe('The only fields to keep, beside `@timestamp` and those of `add`'),
    rename: z.record(field, field).default({}).describe('Old name to new name'),
  },
  (config, context) => {
    const added = Object.entries(config.add).map(([path, value]) => ({
      path,
      render: compileValue(value as Json),
    }))
    const renamed = Object.entries(config.rename)
    const kept = config.keep && ['@timestamp', ...config.keep]
    const { hostname } = context
    const now = () => new Date(context.clock.now()).toISOString()
    return {
      apply(event, tag) {
        const scope = { event, tag, hostname, now }
        const values = added.map(({ path, render }) => ({ path, value: render(scope) }))
        const moved = renamed.map(([from, to]) => ({ path: to, value: takeAt(event, from) }))
        const problem = setAll(event, moved)
        if (problem !== undefined) return new Refusal('filter_failed', problem)
        if (kept) keepOnly(event, kept)
        const failure = setAll(event, values)
        if (failure !== undefined) return new Refusal('filter_failed', failure)
        for (const path of config.remove) takeAt(event, path)
        return event
      },
    }
  },
)

/** Sets what has a value; returns the first problem. */
function setAll(event: Event, fields: readonly { path: string; value: Json | undefined }[]) {
  for (const { path, value } of fields) {
    const problem = value === undefined ? undefined : setAt(event, path, value)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** Templates are found in texts at any depth; every event gets a value of its own. */
function compileValue(value: Json): Template {
  if (typeof value === 'string') return compileTemplate(value)
  if (Array.isArray(value)) {
    const items = value.map((item: Json) => compileValue(item))
    return (scope) => items.map((item) => item(scope) ?? null)
  }
  if (typeof value !== 'object' || value === null) return () => value
  const entries = Object.entries(value as JsonObject).map(
    ([key, inner]) => [key, compileValue(inner as Json)] as const,
  )
  return (scope) => {
    const made: JsonObject = {}
    for (const [key, inner] of entries) setOwn(made, key, inner(scope) ?? null)
    return made
  }
}
