import type { JsonRecord } from '../../store/search.ts'
import { crashReason } from './crash_reasons.ts'

/** Further modules are left out; programs have some hundred. */
const modulesMax = 2_000
const streamsMax = 1_000
const nameBytesMax = 1_024

/** Streams of a dump that are read, as minidumpapiset.h numbers them. */
const streamTypes = { modules: 4, exception: 6, system: 7 } as const
const moduleBytes = 108

interface Module {
  readonly base: bigint
  readonly size: number
  readonly name: string
  readonly debugId: string | undefined
}

/** Numbers and texts of a dump; undefined beyond its end. */
class Bytes {
  readonly #view: DataView
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  has(at: number, length: number): boolean {
    return at >= 0 && at + length <= this.#bytes.length
  }

  u16(at: number): number {
    return this.has(at, 2) ? this.#view.getUint16(at, true) : 0
  }

  u32(at: number): number {
    return this.has(at, 4) ? this.#view.getUint32(at, true) : 0
  }

  u64(at: number): bigint {
    return this.has(at, 8) ? this.#view.getBigUint64(at, true) : 0n
  }

  /** A length in bytes, then UTF-16. */
  text(at: number): string {
    const length = Math.min(this.u32(at), nameBytesMax) & ~1
    if (at === 0 || !this.has(at + 4, length)) return ''
    const { buffer, byteOffset } = this.#bytes
    const text = Buffer.from(buffer, byteOffset + at + 4, length).toString('utf16le')
    return text.replaceAll('\0', '').toWellFormed()
  }

  hex(at: number, length: number): string {
    if (!this.has(at, length)) return ''
    return Buffer.from(this.#bytes.subarray(at, at + length)).toString('hex')
  }
}

/**
 * What a minidump says without symbols: why and where the program ended, on what system, and which modules it had.
 * No stack is unwound: the one frame is where it crashed.
 *
 * @returns parts of an event; undefined for what is no minidump. Never throws.
 */
export function minidumpEvent(dump: Uint8Array): JsonRecord | undefined {
  const bytes = new Bytes(dump)
  // `MDMP`, and the version in the lower half.
  if (bytes.u32(0) !== 0x50_4d_44_4d || bytes.u16(4) !== 0xa7_93) return undefined
  const streams = streamsOf(bytes)
  const modules = modulesOf(bytes, streams.get(streamTypes.modules))
  const system = streams.get(streamTypes.system)
  const platform = system === undefined ? 0 : bytes.u32(system.at + 20)
  return {
    exception: {
      values: [exceptionOf(bytes, streams.get(streamTypes.exception), modules, platform)],
    },
    ...(system !== undefined && { contexts: contextsOf(bytes, system.at, platform) }),
    ...(modules.length > 0 && {
      debug_meta: { images: modules.map((module) => imageOf(module, platform)) },
    }),
  }
}

interface Stream {
  readonly at: number
  readonly size: number
}

function streamsOf(bytes: Bytes): Map<number, Stream> {
  const streams = new Map<number, Stream>()
  const directory = bytes.u32(12)
  for (let index = 0; index < Math.min(bytes.u32(8), streamsMax); index++) {
    const entry = directory + index * 12
    const [size, at] = [bytes.u32(entry + 4), bytes.u32(entry + 8)]
    if (bytes.has(at, size) && size > 0) streams.set(bytes.u32(entry), { at, size })
  }
  return streams
}

function modulesOf(bytes: Bytes, stream: Stream | undefined): readonly Module[] {
  if (!stream) return []
  const count = Math.min(bytes.u32(stream.at), modulesMax)
  // Some writers align the list to eight bytes.
  const first = stream.at + ((stream.size - 4) % moduleBytes === 4 ? 8 : 4)
  const modules: Module[] = []
  for (let index = 0; index < count; index++) {
    const at = first + index * moduleBytes
    if (!bytes.has(at, moduleBytes)) break
    const name = bytes.text(bytes.u32(at + 20))
    const debugId = debugIdOf(bytes, bytes.u32(at + 80), bytes.u32(at + 76))
    modules.push({ base: bytes.u64(at), size: bytes.u32(at + 8), name, debugId })
  }
  return modules
}

/** Of a CodeView record: `RSDS` of PDBs, `BpEL` of ELF files with a build id. */
function debugIdOf(bytes: Bytes, at: number, size: number): string | undefined {
  const signature = bytes.u32(at)
  const isPdb = signature === 0x53_44_53_52 && size >= 24
  if (!isPdb && !(signature === 0x42_70_45_4c && size >= 20)) return undefined
  const hex = bytes.hex(at + 4, 16)
  if (hex === '') return undefined
  // The first three parts of a GUID are numbers, which are written from their lowest byte on.
  const [a, b, c] = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16)].map((part) =>
    part.match(/../g)!.toReversed().join(''),
  )
  const age = isPdb ? bytes.u32(at + 20).toString(16) : '0'
  const id = `${a}-${b}-${c}-${hex.slice(16, 20)}-${hex.slice(20)}`
  return age === '0' ? id : `${id}-${age}`
}

const address = (value: bigint | number) => `0x${value.toString(16)}`

function exceptionOf(
  bytes: Bytes,
  stream: Stream | undefined,
  modules: readonly Module[],
  platform: number,
): JsonRecord {
  const mechanism = { type: 'minidump', handled: false }
  if (!stream || stream.size < 32) {
    const value = 'the dump names no exception'
    return { type: 'Minidump', value, mechanism: { ...mechanism, synthetic: true } }
  }
  const [thread, code, where] = [
    bytes.u32(stream.at),
    bytes.u32(stream.at + 8),
    bytes.u64(stream.at + 24),
  ]
  const module = modules.find(({ base, size }) => where >= base && where < base + BigInt(size))
  const name = module && fileOf(module.name)
  return {
    type: crashReason(platform, code),
    value: `at ${address(where)}${name ? ` in ${name}` : ''}`,
    thread_id: thread,
    mechanism,
    stacktrace: {
      frames: [
        { instruction_addr: address(where), ...(module && { package: module.name, in_app: true }) },
      ],
    },
  }
}

/** Windows writes paths of its own. */
const fileOf = (path: string): string => path.split(/[\\/]/).at(-1) ?? path

const systems: ReadonlyMap<number, readonly [name: string, image: string]> = new Map([
  [2, ['Windows', 'pe']],
  [0x81_01, ['macOS', 'macho']],
  [0x81_02, ['iOS', 'macho']],
  [0x82_01, ['Linux', 'elf']],
  [0x82_03, ['Android', 'elf']],
])
const architectures: ReadonlyMap<number, string> = new Map([
  [0, 'x86'],
  [5, 'arm'],
  [9, 'x86_64'],
  [12, 'arm64'],
  [0x80_03, 'arm64'],
])

function contextsOf(bytes: Bytes, at: number, platform: number): JsonRecord {
  const [name] = systems.get(platform) ?? []
  const arch = architectures.get(bytes.u16(at))
  const [major, minor, build] = [8, 12, 16].map((offset) => bytes.u32(at + offset))
  return {
    ...(name !== undefined && {
      os: { type: 'os', name, version: `${major}.${minor}`, build: String(build) },
    }),
    ...(arch !== undefined && { device: { type: 'device', arch } }),
  }
}

function imageOf({ base, size, name, debugId }: Module, platform: number): JsonRecord {
  return {
    type: systems.get(platform)?.[1] ?? 'unknown',
    code_file: name,
    image_addr: address(base),
    image_size: size,
    ...(debugId !== undefined && { debug_id: debugId }),
  }
}
