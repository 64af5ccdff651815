import { z } from 'zod'
import { components as ofCollector } from '../collector/config.ts'
import { rootSchema } from '../config.ts'
import { components as ofErrors } from '../errors/alerts/config.ts'
import { components as ofStatsd } from '../statsd/backends/config.ts'
import { withReferences } from './reference_schema.ts'

/** The kinds of components by the section of the config that they are in. */
const kindsOf: Readonly<Record<string, typeof ofCollector>> = {
  collector: ofCollector,
  statsd: ofStatsd,
  errors: ofErrors,
}
const components = { ...ofCollector, ...ofStatsd, ...ofErrors }

/** The part of JSON schema that zod makes, and Weir's own `unit` and `secret`. */
interface Schema {
  type?: string
  description?: string
  default?: unknown
  unit?: string
  secret?: boolean
  const?: unknown
  enum?: unknown[]
  anyOf?: Schema[]
  oneOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
  $ref?: string
  [key: string]: unknown
}
interface Row {
  readonly key: string
  readonly schema: Schema
  readonly required: boolean
}

/** What is made from the schemas: text of docs/CONFIG.md and of docs/config.schema.json. */
export function configDocs(): { readonly markdown: string; readonly schema: string } {
  const schema = jsonSchemaOf(rootSchema)
  addParsers(schema)
  const published = {
    ...withReferences(schema),
    title: 'Weir',
    description: 'weir.yaml: the config of Weir; docs/CONFIG.md says it in prose',
  }
  return { markdown: markdownOf(schema), schema: `${JSON.stringify(published, null, 2)}\n` }
}

/**
 * A schema as what a user may write. zod leaves out defaults that stand behind a transform, such as
 * those of durations; they are put back in the form a user would write them in.
 */
function jsonSchemaOf(schema: z.ZodType): Schema {
  return z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      const { def } = zodSchema._zod
      const value = def.type === 'default' ? def.defaultValue : jsonSchema.default
      if (value === undefined) return
      jsonSchema.default = written(value, (jsonSchema as Schema).unit) as never
    },
  }) as Schema
}

/** `10000` to `10s` for a duration, `8000000` to `8MB` for a size. */
function written(value: unknown, unit: string | undefined): unknown {
  if (typeof value !== 'number' || value === 0) return value
  const units = unit === 'duration' ? durations : unit === 'size' ? sizes : []
  const fit = units.find(([, factor]) => value % factor === 0)
  return fit ? `${value / fit[1]}${fit[0]}` : value
}
const durations = [
  ['d', 864e5],
  ['h', 36e5],
  ['m', 6e4],
  ['s', 1e3],
  ['ms', 1],
] as const
const sizes = [
  ['GiB', 2 ** 30],
  ['GB', 1e9],
  ['MiB', 2 ** 20],
  ['MB', 1e6],
  ['KiB', 2 ** 10],
  ['KB', 1e3],
] as const

/** An input's `parser` is checked behind its schema; editors get the parsers' own schemas. */
function addParsers(schema: Schema) {
  const inputs = schema.properties?.['collector']?.properties?.['inputs']?.items
  const parsers = components['parsers']!
  const objects = parsers.plugins.map((plugin) => withoutHead(jsonSchemaOf(plugin.schema)))
  for (const input of inputs?.oneOf ?? []) {
    const parser = input.properties?.['parser']
    if (parser) parser.anyOf = [{ enum: [...parsers.types] }, ...objects]
  }
}

function withoutHead(schema: Schema): Schema {
  const { $schema: _, ...rest } = schema
  return rest
}

function markdownOf(root: Schema): string {
  const sections = Object.entries(root.properties ?? {}).filter(([, part]) => part.properties)
  const plain = rowsOf({ ...root, properties: withoutSections(root) }, '')
  const text = [preface, table(plain)]
  for (const [name, section] of sections) {
    text.push(
      `## ${name}`,
      `${sentence(section.description ?? '')}`,
      table(rowsOf(section, `${name}.`)),
    )
    text.push(...Object.keys(kindsOf[name] ?? {}).map(kindMarkdown))
  }
  return `${text.join('\n\n')}\n`
}

const preface = `# Config

Made from the schemas by \`npm run docs\`; do not edit. Everything has a default, and no file at all works.

- The file is YAML, given by \`--config\` or \`WEIR_CONFIG\`; none is looked for. For editors there is
  [config.schema.json](config.schema.json): begin the file with
  \`# yaml-language-server: $schema=<path or URL of config.schema.json>\`.
- Any key can come from the environment: \`WEIR_JOURNAL__MAX_DISK=20GB\` is \`journal.max_disk\`,
  \`WEIR_COLLECTOR__OUTPUTS__0__TYPE=null\` is \`collector.outputs[0].type\`. Flags go before the
  environment, the environment before the file, the file before the defaults.
- In values \`\${NAME}\` and \`\${NAME:-default}\` are variables of the environment; \`$\${\` is a plain \`\${\`.
  A value that is one variable and nothing else may be a number or \`true\` where one is wanted, in quotes as well.
- A duration is written as \`250ms\`, \`10s\`, \`5m\`, \`1h30m\`, \`14d\`; a size as \`512KiB\`, \`10MB\`, \`1GB\` (a
  plain number is bytes).
- Unknown keys are errors. \`weir check\` shows every mistake at once, with its line and column.

## At the top`

function withoutSections(root: Schema): Record<string, Schema> {
  const entries = Object.entries(root.properties ?? {})
  return Object.fromEntries(entries.filter(([, part]) => !part.properties))
}

/** `input-tail.yaml`, `statsd-graphite.yaml`. */
const exampleOf = (kind: string, type: string) =>
  `${kind === 'backends' ? 'statsd' : kind.slice(0, -1)}-${type}.yaml`

/** One kind of components: what all of them share, then each with its own. */
function kindMarkdown(kind: string): string {
  const { plugins } = components[kind]!
  const described = plugins.map((plugin) => ({ plugin, schema: jsonSchemaOf(plugin.schema) }))
  const [first] = described
  const shared = Object.entries(first?.schema.properties ?? {}).filter(
    ([key, value]) =>
      key !== 'type' &&
      described.every(
        ({ schema }) => JSON.stringify(schema.properties?.[key]) === JSON.stringify(value),
      ),
  )
  const sharedKeys = new Set(['type', ...(described.length > 1 ? shared.map(([key]) => key) : [])])
  const text = [`### ${kind}`]
  if (described.length > 1 && shared.length > 0) {
    const all = { properties: Object.fromEntries(shared) }
    text.push(`Every one of the ${kind} has:`, table(rowsOf(all, '')))
  }
  for (const { plugin, schema } of described) {
    const own = Object.entries(schema.properties ?? {}).filter(([key]) => !sharedKeys.has(key))
    const example = `[example](../examples/${exampleOf(kind, plugin.type)})`
    text.push(`#### ${kind}: ${plugin.type}`, `${sentence(plugin.summary)} ${example}`)
    const rows = rowsOf({ ...schema, properties: Object.fromEntries(own) }, '')
    if (rows.length > 0) text.push(table(rows))
  }
  return text.join('\n\n')
}

function sentence(text: string): string {
  return text === '' || /[.!?]$/.test(text) ? text : `${text}.`
}

/** Objects are spelled out as `a.b`, lists of objects as `a[].b`; components have sections of their own. */
function rowsOf(schema: Schema, prefix: string): Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, value]) => {
    const key = `${prefix}${name}`
    const row = { key, schema: value, required: schema.required?.includes(name) ?? false }
    if (value.properties) return [row, ...rowsOf(value, `${key}.`)]
    if (value.items?.properties) return [row, ...rowsOf(value.items, `${key}[].`)]
    return [row]
  })
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(({ key, schema, required }) => {
    const fallback = required ? '**needed**' : defaultText(schema)
    return `| \`${key}\` | ${cell(typeText(schema))} | ${cell(fallback)} | ${cell(schema.description ?? '')} |`
  })
  return ['| key | type | default | |', '|---|---|---|---|', ...lines].join('\n')
}

/** What Markdown would read as its own, outside of code. */
function cell(text: string): string {
  const pieces = text.replaceAll('|', '\\|').replaceAll('\n', ' ').split('`')
  return pieces.map((piece, i) => (i % 2 === 0 ? piece.replaceAll('<', '&lt;') : piece)).join('`')
}

function defaultText({ default: value, properties }: Schema): string {
  if (value === undefined || properties) return ''
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``
}

function typeText(schema: Schema): string {
  if (schema.unit) return schema.unit
  if (schema.secret) return 'secret text'
  if (schema.const !== undefined) return `\`${String(schema.const)}\``
  if (schema.enum) return schema.enum.map((choice) => `\`${String(choice)}\``).join(', ')
  if (schema.oneOf) return schema.oneOf.map((each) => variantText(each)).join(', ')
  if (schema.anyOf) return [...new Set(schema.anyOf.map((each) => typeText(each)))].join(' or ')
  if (schema.type === 'array') return schema.items ? `list of ${typeText(schema.items)}` : 'list'
  if (schema.type === 'object') return 'map'
  const names: Record<string, string> = {
    string: 'text',
    integer: 'number',
    boolean: 'true, false',
  }
  return names[schema.type ?? ''] ?? schema.type ?? 'anything'
}

/** A component among its kind is named by its type. */
function variantText(schema: Schema): string {
  const type = schema.properties?.['type']?.const
  return type === undefined ? typeText(schema) : `\`${String(type)}\``
}
