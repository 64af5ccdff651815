import { documentsTag } from '../../../store/documents_tag.ts'
import type { Batch } from '../../../core/journal/batch.ts'
import type { Engine, StoredDocument, StreamStatistics } from '../../../store/api/services.ts'
import type { Catalogue } from '../../../store/catalogue.ts'
import { SearchError, type JsonRecord } from '../../../store/search.ts'

interface Row {
  readonly index: string
  readonly id: string
  readonly seq: number
  readonly source: string
}

/** What an engine answers, in memory; documents are found after a refresh only. */
export class FakeEngine implements Engine {
  #durable: Row[] = []
  #found: readonly Row[] = []
  readonly #taken = new Map<string, number>()
  readonly batches: Batch[] = []
  readonly asked: { target: string; request: JsonRecord }[] = []
  readonly lines: JsonRecord[] = []
  /** Events that Weir itself took in. */
  readonly events = new Map<string, string>()
  streamsOfWeir: StreamStatistics[] = []
  catalogue: Catalogue = { indices: [] }
  refreshes = 0
  /** What `search` answers with; by default every document of the target. */
  answer: ((target: string, request: JsonRecord) => JsonRecord) | undefined

  /** Takes what the API puts into the journal. */
  take(batches: readonly Batch[]): void {
    for (const batch of batches) {
      this.batches.push(batch)
      const text = Buffer.from(batch.bytes).toString()
      if (batch.tag !== documentsTag || !text.endsWith('\n'))
        throw new Error('no batch of documents')
      const lines = text.split('\n').slice(0, -1)
      if (lines.length !== batch.count) throw new Error(`${lines.length} lines, not ${batch.count}`)
      for (const line of lines) this.#takeLine(batch.stream, line)
    }
  }

  #takeLine(index: string, line: string): void {
    if (!/^\{"@timestamp":"\d{4}-[^"]+Z"/.test(line)) throw new Error(`no journal line: ${line}`)
    const at = line.indexOf(',"source":')
    const whole = JSON.parse(line) as JsonRecord
    this.lines.push(whole)
    const { id, seq, op, replaces } = whole['@es'] as unknown as Row & {
      op: string
      replaces?: number
    }
    this.#durable = this.#durable.filter((row) => row.index !== index || row.seq !== replaces)
    if (op === 'delete') return
    this.#durable.push({ index, id, seq, source: line.slice(at + ',"source":'.length, -1) })
  }

  async refresh(): Promise<void> {
    this.refreshes += 1
    this.#found = this.#durable
  }

  async document(index: string, id: string): Promise<StoredDocument | undefined> {
    const event = this.events.get(id)
    if (event !== undefined) return { id, seq: undefined, source: event }
    return this.#found.find((row) => row.index === index && row.id === id)
  }

  async documents(wanted: readonly { index: string; id: string }[]) {
    return Promise.all(wanted.map(({ index, id }) => this.document(index, id)))
  }

  /** Takes documents as retention does. */
  retain(index: string, ids: readonly string[]): void {
    const isTaken = (row: Row) => row.index === index && ids.includes(row.id)
    const taken = this.#durable.filter(isTaken).map(({ seq }) => seq)
    this.#taken.set(index, Math.max(this.takenThrough(index), ...taken))
    this.#durable = this.#durable.filter((row) => !isTaken(row))
    this.#found = this.#found.filter((row) => !isTaken(row))
  }

  takenThrough(index: string): number {
    return this.#taken.get(index) ?? 0
  }

  async goneOf(index: string, seqs: readonly number[]): Promise<readonly number[]> {
    const there = new Set(this.#found.filter((row) => row.index === index).map(({ seq }) => seq))
    return seqs.filter((seq) => !there.has(seq))
  }

  async deleteIndex(name: string, throughSeq: number): Promise<void> {
    const stays = (row: Row) => row.index !== name || row.seq > throughSeq
    this.#durable = this.#durable.filter(stays)
    this.#found = this.#found.filter(stays)
    this.streamsOfWeir = this.streamsOfWeir.filter((stream) => stream.name !== name)
  }

  async streams(): Promise<readonly StreamStatistics[]> {
    const names = new Set(this.#durable.map(({ index }) => index))
    const own = [...names].map((name) => {
      const rows = this.#durable.filter(({ index }) => index === name)
      const bytes = rows.reduce((sum, { source }) => sum + source.length, 0)
      return { name, kind: 'index' as const, documents: rows.length, bytes, createdMs: 0 }
    })
    return [...this.streamsOfWeir, ...own]
  }

  async search(target: string, request: JsonRecord) {
    this.asked.push({ target, request })
    const spam = (request['query'] as JsonRecord | undefined)?.['spam']
    if (spam !== undefined) throw new SearchError(400, 'parsing_exception', 'unknown query [spam]')
    if (this.answer) return this.answer(target, request)
    const names = target.split(',')
    const rows = this.#found.filter(({ index }) => names.includes(index))
    const ids = ((request['query'] as JsonRecord | undefined)?.['ids'] as JsonRecord | undefined)?.[
      'values'
    ] as string[] | undefined
    const fitting = rows.filter(({ id }) => !ids || ids.includes(id))
    const size = Number(request['size'] ?? 10)
    return {
      took: 1,
      timed_out: false,
      _shards: { total: 1, successful: 1, skipped: 0, failed: 0 },
      hits: {
        total: { value: fitting.length, relation: 'eq' },
        max_score: 1,
        hits: fitting.slice(0, size).map(({ index, id, source }) => {
          return { _index: index, _id: id, _score: 1, _source: JSON.parse(source) as JsonRecord }
        }),
      },
    }
  }

  async fieldCaps(target: string, patterns: readonly string[]) {
    return {
      indices: target.split(','),
      fields: Object.fromEntries(patterns.map((each) => [each, {}])),
    }
  }

  async count(target: string, request: JsonRecord) {
    this.asked.push({ target, request })
    return this.#found.filter(({ index }) => target.split(',').includes(index)).length
  }

  async termsEnum() {
    return ['a', 'b']
  }

  async validate(_target: string, request: JsonRecord) {
    if (JSON.stringify(request).includes('spam')) {
      throw new SearchError(400, 'parsing_exception', 'unknown query [spam]')
    }
  }

  async mapping(index: string): Promise<JsonRecord> {
    const given = this.catalogue.indices.find(({ name }) => name === index)?.mapping?.given
    return (given as JsonRecord | undefined) ?? {}
  }

  async updateCatalogue(catalogue: Catalogue): Promise<void> {
    this.catalogue = catalogue
  }
}
