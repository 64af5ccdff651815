/**
 * Remote write 1.0's message, `prometheus.WriteRequest` (prompb/types.proto), in protobuf's wire format:
 * timeseries = 1 { labels = 1 { name = 1, value = 2 }, samples = 2 { value = 1, timestamp = 2 } }.
 */

/** Field number and wire type in one byte, as protobuf has it. */
const field = (number: number, type: 0 | 1 | 2) => (number << 3) | type
const tags = {
  timeseries: field(1, 2),
  labels: field(1, 2),
  name: field(1, 2),
  labelValue: field(2, 2),
  samples: field(2, 2),
  value: field(1, 1),
  timestamp: field(2, 0),
} as const

export type Label = readonly [name: string, value: string]

/** Writes a message, a sample at a time. */
export class WriteRequestWriter {
  #bytes = Buffer.allocUnsafe(64 * 1024)
  #length = 0
  #samples = 0

  get samples(): number {
    return this.#samples
  }

  /** @param labels sorted by name, `__name__` among them. */
  add(labels: readonly Label[], value: number, atMs: number): void {
    const sizes = labels.map(([name, text]) => [Buffer.byteLength(name), Buffer.byteLength(text)])
    const labelBytes = sizes.map(([name, text]) => bytesField(name!) + bytesField(text!))
    const sampleBytes = 9 + 1 + varintBytes(atMs)
    const inner = labelBytes.reduce((sum, bytes) => sum + bytesField(bytes), 0)
    const total = inner + bytesField(sampleBytes)
    this.#reserve(total + 16)
    this.#open(tags.timeseries, total)
    for (const [at, [name, text]] of labels.entries()) {
      this.#open(tags.labels, labelBytes[at]!)
      this.#text(tags.name, name, sizes[at]![0]!)
      this.#text(tags.labelValue, text, sizes[at]![1]!)
    }
    this.#open(tags.samples, sampleBytes)
    this.#bytes[this.#length] = tags.value
    this.#length = this.#bytes.writeDoubleLE(value, this.#length + 1)
    this.#open(tags.timestamp, atMs)
    this.#samples += 1
  }

  /** What was added since the last time. */
  take(): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(0, this.#length))
    this.#length = 0
    this.#samples = 0
    return taken
  }

  #open(tag: number, value: number): void {
    this.#bytes[this.#length++] = tag
    let rest = value
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#bytes[this.#length++] = rest
  }

  #text(tag: number, text: string, bytes: number): void {
    this.#open(tag, bytes)
    this.#length += this.#bytes.write(text, this.#length, 'utf8')
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#length + bytes, this.#bytes.length * 2))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}

const varintBytes = (value: number): number =>
  value < 0x80 ? 1 : 1 + varintBytes(Math.floor(value / 0x80))
const bytesField = (bytes: number) => 1 + varintBytes(bytes) + bytes

/** A series of a message. `histograms` is how many native ones it has, which are not read. */
export interface TimeSeries {
  readonly labels: readonly Label[]
  readonly samples: readonly { readonly value: number; readonly atMs: number }[]
  readonly histograms: number
}

/** The value by which Prometheus says that a series has ended: a NaN of its own. */
const staleBits = 0x7ff0_0000_0000_0002n

/**
 * The series of a message. Fields that it does not know (metadata, exemplars) it passes over.
 *
 * @param onStale is called for each stale marker, which is no sample.
 * @throws SyntaxError for what is no such message.
 */
export function* readWriteRequest(bytes: Buffer, onStale: () => void): Generator<TimeSeries> {
  const message = new Fields(bytes, 0, bytes.length)
  while (message.next()) {
    if (message.tag === tags.timeseries) yield readTimeSeries(message.inner(), onStale)
  }
}

function readTimeSeries(series: Fields, onStale: () => void): TimeSeries {
  const labels: Label[] = []
  const samples: { value: number; atMs: number }[] = []
  let histograms = 0
  while (series.next()) {
    if (series.tag === tags.labels) labels.push(readLabel(series.inner()))
    else if (series.tag === tags.samples) {
      const sample = readSample(series.inner())
      if (sample) samples.push(sample)
      else onStale()
    } else if (series.tag === field(4, 2)) histograms += 1
  }
  return { labels, samples, histograms }
}

function readLabel(label: Fields): Label {
  let name = ''
  let value = ''
  while (label.next()) {
    if (label.tag === tags.name) name = label.text()
    else if (label.tag === tags.labelValue) value = label.text()
  }
  return [name, value]
}

/** Undefined for a stale marker. */
function readSample(sample: Fields): { value: number; atMs: number } | undefined {
  let value = 0
  let atMs = 0
  let isStale = false
  while (sample.next()) {
    if (sample.tag === tags.value) {
      isStale = sample.bits() === staleBits
      value = sample.double()
    } else if (sample.tag === tags.timestamp) atMs = sample.integer
  }
  return isStale ? undefined : { value, atMs }
}

/** Goes through the fields of a message. */
class Fields {
  readonly #bytes: Buffer
  #at: number
  readonly #end: number
  /** Field number and wire type of the field at hand. */
  tag = 0
  /** Its value, of wire type 0. */
  integer = 0
  #start = 0

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
  }

  /** Goes to the next field. @throws SyntaxError when there is none where one should be. */
  next(): boolean {
    if (this.#at >= this.#end) return false
    this.tag = this.#varint()
    if (this.tag >>> 3 === 0) throw new SyntaxError('a field has the number 0')
    const type = this.tag & 7
    if (type === 0) this.integer = this.#varint()
    else if (type === 1) this.#skip(8)
    else if (type === 5) this.#skip(4)
    else if (type === 2) this.#skip(this.#varint())
    else throw new SyntaxError(`there is no wire type ${type}`)
    return true
  }

  inner(): Fields {
    return new Fields(this.#bytes, this.#start, this.#at)
  }

  text(): string {
    return this.#bytes.toString('utf8', this.#start, this.#at)
  }

  double(): number {
    return this.#bytes.readDoubleLE(this.#start)
  }

  bits(): bigint {
    return this.#bytes.readBigUInt64LE(this.#start)
  }

  #skip(bytes: number): void {
    this.#start = this.#at
    this.#at += bytes
    if (this.#at > this.#end) throw new SyntaxError('it ends in the middle of a field')
  }

  /** Times before 1970, which are negative, are ten bytes long; they come out far in the future. */
  #varint(): number {
    let value = 0
    let factor = 1
    for (let count = 0; count < 10; count++) {
      if (this.#at >= this.#end) throw new SyntaxError('it ends in the middle of a number')
      const byte = this.#bytes[this.#at++]!
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
      factor *= 0x80
    }
    throw new SyntaxError('a number is longer than ten bytes')
  }
}
