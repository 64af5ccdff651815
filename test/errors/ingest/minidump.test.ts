import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crashEvent } from '../../../errors/ingest/crash_form.ts'
import { minidumpEvent } from '../../../errors/ingest/minidump.ts'
import { acceptorOn } from './accepted.ts'

interface Given {
  readonly platform?: number
  readonly architecture?: number
  readonly code?: number
  readonly address?: bigint
  readonly modules?: readonly { base: bigint; size: number; name: string; codeView?: Buffer }[]
  readonly hasException?: boolean
  /** As some writers align the list of modules. */
  readonly isAligned?: boolean
}

/** A minidump with what is read of one, as minidumpapiset.h lays it out. */
function dumpOf(given: Given = {}): Buffer {
  const { platform = 0x8201, architecture = 9, code = 11, address = 0x1234n } = given
  const { modules = [], hasException = true, isAligned = false } = given
  const parts: Buffer[] = []
  let at = 32 + 3 * 12
  const put = (bytes: Buffer): number => {
    parts.push(bytes)
    at += bytes.length
    return at - bytes.length
  }
  const system = Buffer.alloc(56)
  system.writeUInt16LE(architecture, 0)
  for (const [index, value] of [6, 1, 42, platform].entries())
    system.writeUInt32LE(value, 8 + index * 4)
  const exception = Buffer.alloc(168)
  exception.writeUInt32LE(77, 0)
  exception.writeUInt32LE(code, 8)
  exception.writeBigUInt64LE(address, 24)
  const entries = modules.map(({ base, size, name, codeView }) => {
    const text = Buffer.from(name, 'utf16le')
    const length = Buffer.alloc(4)
    length.writeUInt32LE(text.length)
    const entry = Buffer.alloc(108)
    entry.writeBigUInt64LE(base, 0)
    entry.writeUInt32LE(size, 8)
    entry.writeUInt32LE(put(Buffer.concat([length, text, Buffer.alloc(2)])), 20)
    if (codeView) {
      entry.writeUInt32LE(codeView.length, 76)
      entry.writeUInt32LE(put(codeView), 80)
    }
    return entry
  })
  const count = Buffer.alloc(isAligned ? 8 : 4)
  count.writeUInt32LE(modules.length)
  const streams = [
    [7, system],
    ...(hasException ? ([[6, exception]] as const) : []),
    [4, Buffer.concat([count, ...entries])],
  ] as const
  const directory = Buffer.alloc(3 * 12)
  for (const [index, [type, bytes]] of streams.entries()) {
    directory.writeUInt32LE(type, index * 12)
    directory.writeUInt32LE(bytes.length, index * 12 + 4)
    directory.writeUInt32LE(put(bytes), index * 12 + 8)
  }
  const header = Buffer.alloc(32)
  header.write('MDMP', 'latin1')
  header.writeUInt32LE(0x12_34_a7_93, 4)
  header.writeUInt32LE(streams.length, 8)
  header.writeUInt32LE(32, 12)
  return Buffer.concat([header, directory, ...parts])
}

const guid = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')
const age = Buffer.from([2, 0, 0, 0])
const pdb = Buffer.concat([Buffer.from('RSDS'), guid, age, Buffer.from('shop.pdb\0')])
const elf = Buffer.concat([Buffer.from('LEpB'), guid, Buffer.from([9, 9, 9, 9])])
const shop = { base: 0x40_0000n, size: 0x1000, name: '/opt/shop/bin/shop', codeView: elf }
const library = { base: 0x7f00_0000_0000n, size: 0x2000, name: '/usr/lib/libc.so.6' }

test('why and where it ended, on what, and with which modules', () => {
  const dump = dumpOf({ address: 0x40_0123n, modules: [library, shop] })
  expect(minidumpEvent(dump)).toEqual({
    exception: {
      values: [
        {
          type: 'SIGSEGV',
          value: 'at 0x400123 in shop',
          thread_id: 77,
          mechanism: { type: 'minidump', handled: false },
          stacktrace: {
            frames: [{ instruction_addr: '0x400123', package: '/opt/shop/bin/shop', in_app: true }],
          },
        },
      ],
    },
    contexts: {
      os: { type: 'os', name: 'Linux', version: '6.1', build: '42' },
      device: { type: 'device', arch: 'x86_64' },
    },
    debug_meta: {
      images: [
        {
          type: 'elf',
          code_file: '/usr/lib/libc.so.6',
          image_addr: '0x7f0000000000',
          image_size: 0x2000,
        },
        {
          type: 'elf',
          code_file: '/opt/shop/bin/shop',
          image_addr: '0x400000',
          image_size: 0x1000,
          debug_id: '03020100-0504-0706-0809-0a0b0c0d0e0f',
        },
      ],
    },
  })
})

test.each<[string, Given, string]>([
  ['Windows', { platform: 2, code: 0xc000_0005 }, 'EXCEPTION_ACCESS_VIOLATION at 0x1234'],
  ['macOS', { platform: 0x8101, code: 1 }, 'EXC_BAD_ACCESS at 0x1234'],
  ['a code without a name', { platform: 2, code: 0xc000_0999 }, 'exception 0xc0000999 at 0x1234'],
  ['a system without a name', { platform: 9 }, 'exception 0x0000000b at 0x1234'],
  ['no exception', { hasException: false }, 'Minidump the dump names no exception'],
])('%s', (_name, given, said) => {
  const { exception } = minidumpEvent(dumpOf(given)) as {
    exception: { values: [{ type: string; value: string }] }
  }
  const [{ type, value }] = exception.values
  expect(`${type} ${value}`).toBe(said)
})

test('a list of modules that is aligned, and a PDB', () => {
  const modules = [{ ...shop, name: String.raw`C:\shop\shop.exe`, codeView: pdb }]
  const dump = dumpOf({ platform: 2, address: 0x40_0001n, modules, isAligned: true })
  expect(minidumpEvent(dump)).toMatchObject({
    exception: { values: [{ value: 'at 0x400001 in shop.exe' }] },
    debug_meta: { images: [{ type: 'pe', debug_id: '03020100-0504-0706-0809-0a0b0c0d0e0f-2' }] },
  })
})

test('a dump alone is an event of its own reason, and kept', async () => {
  const weir = acceptorOn()
  const post = async (dump: Buffer) => {
    const item = { type: 'attachment', attachment_type: 'event.minidump', length: dump.length }
    const head = Buffer.from(`{}\n${JSON.stringify(item)}\n`)
    expect((await weir.post(Buffer.concat([head, dump]))).status).toBe(200)
  }
  await post(dumpOf({ modules: [shop] }))
  await post(dumpOf({ code: 6, modules: [shop] }))
  await post(Buffer.from('MDMP and no more'))
  const events = weir.ofKind('event').map(({ event }) => event)
  expect(events.map(({ exception, level }) => [exception!.values[0]!.type, level])).toEqual([
    ['SIGSEGV', 'fatal'],
    ['SIGABRT', 'fatal'],
    ['Minidump', 'fatal'],
  ])
  expect(events[0]!.contexts!['os']).toMatchObject({ name: 'Linux' })
  expect(weir.blobs.size).toBe(3)
})

test('what the SDK says comes before what the dump says', () => {
  const sdk = { contexts: { os: { name: 'Alpine' } }, message: 'it ended' }
  const event = crashEvent(new Map([['sentry', JSON.stringify(sdk)]]), {}, dumpOf())
  expect(event).toMatchObject({
    contexts: { os: { name: 'Alpine' }, device: {} },
    message: 'it ended',
  })
  expect(event).not.toHaveProperty('exception')
})

test('bytes changed anywhere are read or not, and nothing throws', () => {
  const good = dumpOf({ address: 0x40_0123n, modules: [library, shop] })
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 8 }),
      fc.nat(good.length),
      (changes, length) => {
        const bytes = Buffer.from(good)
        for (const [at, value] of changes) bytes[at] = value
        for (const dump of [bytes, bytes.subarray(0, length)]) {
          const event = minidumpEvent(dump)
          expect(JSON.stringify(event ?? {}).length).toBeLessThan(20_000)
        }
      },
    ),
    { numRuns: 1_000 },
  )
})
