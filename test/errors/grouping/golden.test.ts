import { readdirSync, readFileSync } from 'node:fs'
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { Component } from '../../../errors/grouping/component.ts'
import { group } from '../../../errors/grouping/group.ts'
import { normalise } from '../../../errors/event/normalise.ts'
import { strategiesOf } from '../../../errors/grouping/versions.ts'
import { variantsOf } from '../../../errors/grouping/variants.ts'
import { viewOf } from '../../../errors/grouping/event_view.ts'
import type { JsonRecord } from '../../../store/search.ts'
import { arrival } from '../event/arrival.ts'
import { standard } from './events.ts'

/**
 * What is grouped how, in full: a change of anything in here is a new version of the grouping (errors/grouping/versions.ts),
 * or it splits the issues of everybody.
 */
function shown(raw: JsonRecord): string {
  const event = normalise(raw, arrival())
  const { title, culprit, hashes } = group(event, standard)
  const { variants } = variantsOf(
    viewOf(event, standard.compiled),
    strategiesOf(standard.version),
    true,
  )
  const lines = [`title: ${title}`, `culprit: ${culprit}`, `hashes: ${hashes.join(' ')}`]
  for (const { name, type, contributes, hint, hash, component, values } of variants) {
    lines.push('', `${name} (${type})${contributes ? ` ${hash}` : ''}${hint ? ` - ${hint}` : ''}`)
    if (values) lines.push(`  ${JSON.stringify(values)}`)
    if (component) lines.push(...component.values.flatMap((one) => tree(one, 1)))
  }
  return `${lines.join('\n')}\n`
}

function tree(part: Component | string, depth: number): string[] {
  const indent = '  '.repeat(depth)
  if (typeof part === 'string') return [indent + JSON.stringify(part)]
  if (part.values.length === 0 && !part.hint) return []
  const line = `${indent}${part.contributes ? '*' : '-'} ${part.id}${part.hint ? ` (${part.hint})` : ''}`
  const [only] = part.values
  if (part.values.length === 1 && typeof only === 'string')
    return [`${line} ${JSON.stringify(only)}`]
  return [line, ...part.values.flatMap((value) => tree(value, depth + 1))]
}

const folder = new URL('golden/', import.meta.url)
const names = readdirSync(folder).filter((name) => name.endsWith('.json'))

describe('events of all languages', () => {
  it.each(names)('%s', async (name) => {
    const raw = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as JsonRecord
    await expect(shown(raw)).toMatchFileSnapshot(`golden/${name.replace('.json', '.txt')}`)
  })
})

const payloads = new URL('../sdk_payloads/', import.meta.url)

describe('what real SDKs send', () => {
  it.each(readdirSync(payloads).filter((name) => name.endsWith('.json')))('%s', (name) => {
    const requests = [JSON.parse(readFileSync(new URL(name, payloads), 'utf8'))].flat() as {
      body: string
      headers: Record<string, string>
    }[]
    const events = requests.flatMap(({ body, headers }) =>
      eventsIn(Buffer.from(body, 'base64'), headers['content-encoding']),
    )
    expect(events.length).toBeGreaterThan(0)
    for (const raw of events) {
      const text = shown(raw)
      expect(text).toMatch(/^title: [\w.]+: no price for article \d+$/m)
      expect(text).toMatch(/^ +\* stacktrace$/m)
      expect(text).toMatch(/^ +\* function (?:\(.*\) )?"(?:\w+(?:::|\.))*checkout"$/m)
    }
  })
})

/** Of an envelope or of one of raven's bodies. */
function eventsIn(body: Buffer, encoding?: string): JsonRecord[] {
  const text = textOf(body, encoding)
  if (!text.includes('\n')) return [JSON.parse(text) as JsonRecord]
  return text.split('\n').flatMap((line) => {
    const value = line.startsWith('{') ? (JSON.parse(line) as JsonRecord) : {}
    return value.exception === undefined ? [] : [value]
  })
}

function textOf(body: Buffer, encoding?: string): string {
  if (encoding === 'br') return brotliDecompressSync(body).toString()
  if (encoding === 'gzip') return gunzipSync(body).toString()
  if (body[0] === 0x7b) return body.toString()
  if (body[0] === 0x78) return inflateSync(body).toString()
  return inflateSync(Buffer.from(body.toString(), 'base64')).toString()
}
