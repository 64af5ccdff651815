/** What Etsy's statsd 0.9 makes of packets, written from its description with texts, split and Number. */
export interface Aggregated {
  packets: number
  lines: number
  bad: number
  readonly counters: Map<string, number>
  readonly gauges: Map<string, number>
  readonly timers: Map<string, { values: number[]; upSampled: number }>
  readonly sets: Map<string, Set<string>>
}

export const nothingYet = (): Aggregated => ({
  packets: 0,
  lines: 0,
  bad: 0,
  counters: new Map(),
  gauges: new Map(),
  timers: new Map(),
  sets: new Map(),
})

const isNumber = (text: string) => Boolean(text && !Number.isNaN(Number(text)))

function isValidRate(text: string): boolean {
  if (text.length <= 1 || text[0] !== '@') return false
  return isNumber(text.slice(1)) && text[1] !== '-'
}

function isValid([value = '', type, rate]: readonly string[]): boolean {
  if (type === undefined) return false
  if (rate !== undefined && !isValidRate(rate)) return false
  if (type === 's') return true
  return isNumber(value) && (type !== 'ms' || Number(value) >= 0)
}

/** Tags sorted by key: order makes no other series. */
export function canonical(name: string): string {
  const [dotted, ...tags] = name.split(';')
  const keyOf = (tag: string) => tag.split('=')[0]!
  const sorted = tags.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0))
  return [dotted, ...sorted].join(';')
}

export const sanitised = (name: string) =>
  name
    .replace(/\s+/g, '_')
    .replace(/\//g, '-')
    .replace(/[^a-zA-Z_\-0-9.;=]/g, '')

/** Adds what a packet says. Not as Etsy's: what would crash it or is not finite is refused. */
export function addPacket(into: Aggregated, packet: Buffer): void {
  into.packets += 1
  for (const line of packet.toString().split('\n')) {
    if (line.length === 0) continue
    into.lines += 1
    const [body = '', tagText = ''] = line.split('|#')
    const [name = '', ...bits] = body.split(':')
    const tags = tagText.length > 0 ? tagText.split(',') : []
    const spelled = tags.map((tag) => `;${tag.replace(';', '_').replace(':', '=')}`).join('')
    const key = canonical(sanitised(name + spelled))
    for (const bit of bits.length > 0 ? bits : ['1']) {
      if (!addBit(into, key, bit.split('|'))) into.bad += 1
    }
  }
}

function addBit(into: Aggregated, key: string, fields: readonly string[]): boolean {
  if (!isValid(fields)) return false
  const [text = '', rawType = '', rateText] = fields
  const rate = rateText === undefined ? '1' : /^@([\d.]+)/.exec(rateText)?.[1]
  if (rate === undefined) return false
  const weight = 1 / Number(rate)
  const type = rawType.trim()
  const value = Number(text || 0)
  if (type === 'ms') {
    if (!Number.isFinite(value) || !Number.isFinite(weight)) return false
    const timer = into.timers.get(key) ?? { values: [], upSampled: 0 }
    timer.values.push(value)
    timer.upSampled += weight
    into.timers.set(key, timer)
    return true
  }
  if (type === 'g') {
    const before = into.gauges.get(key)
    const after = before && /^[-+]/.test(text) ? before + value : value
    if (!Number.isFinite(after)) return false
    into.gauges.set(key, after)
    return true
  }
  if (type === 's') {
    into.sets.set(key, (into.sets.get(key) ?? new Set()).add(text || '0'))
    return true
  }
  const sum = (into.counters.get(key) ?? 0) + Number(text || 1) * weight
  if (!Number.isFinite(sum)) return false
  into.counters.set(key, sum)
  return true
}
