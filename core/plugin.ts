import { z } from 'zod'

/**
 * A kind of component (an input, a parser, …): the schema of its config and its factory. The config
 * union, `weir check`, docs/CONFIG.md and the error messages all come from these declarations.
 */
export interface Plugin<Arguments extends unknown[], Made> {
  readonly type: string
  /** One sentence for the docs. */
  readonly summary: string
  readonly schema: z.ZodObject
  create(config: unknown, ...given: Arguments): Made
}

/**
 * Makes the `define…` function of one kind; `shared` are fields that every component of the kind has.
 * A plugin's `check` says what its fields allow each alone, but not together.
 */
export const definer =
  <Arguments extends unknown[], Made, Shared extends z.ZodRawShape>(shared: Shared) =>
  <Fields extends z.ZodRawShape>(
    type: string,
    summary: string,
    fields: Fields,
    create: (config: z.output<z.ZodObject<Shared & Fields>>, ...given: Arguments) => Made,
    check?: (config: z.output<z.ZodObject<Shared & Fields>>, context: z.RefinementCtx) => void,
  ): Plugin<Arguments, Made> => {
    const schema: z.ZodObject = z.strictObject({ type: z.literal(type), ...shared, ...fields })
    // The config was parsed by this very schema, so the casts hold.
    const checked = check
      ? schema.superRefine(check as Parameters<typeof schema.superRefine>[0])
      : schema
    return {
      type,
      summary,
      schema: checked.meta({ description: summary }),
      create: create as Plugin<Arguments, Made>['create'],
    }
  }

/** A component's config, as its schema made it. */
export interface ComponentConfig {
  readonly type: string
  readonly [key: string]: unknown
}

/** The plugins of one kind by their type. */
export interface Registry<Arguments extends unknown[], Made> {
  readonly types: readonly string[]
  readonly plugins: readonly Plugin<Arguments, Made>[]
  /** A union over `type`, for the config. */
  readonly schema: z.ZodType<{ type: string; [key: string]: unknown }>
  create(config: { type: string }, ...given: Arguments): Made
}

export function registry<Arguments extends unknown[], Made>(
  plugins: readonly Plugin<Arguments, Made>[],
): Registry<Arguments, Made> {
  const byType = new Map(plugins.map((plugin) => [plugin.type, plugin]))
  const [first, ...rest] = plugins.map((plugin) => plugin.schema)
  return {
    types: [...byType.keys()],
    plugins,
    schema: z.discriminatedUnion('type', [first!, ...rest]) as unknown as z.ZodType<{
      type: string
    }>,
    create(config, ...given) {
      const plugin = byType.get(config.type)
      if (!plugin) throw new TypeError(`BUG: no plugin of type ${config.type}`)
      return plugin.create(config, ...given)
    },
  }
}
