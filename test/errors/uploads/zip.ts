import { crc32, deflateRawSync } from 'node:zlib'

/** A ZIP behind `prefix`, its places counted from the start of the file, as symbolic writes artifact bundles. */
export function zip(
  files: Readonly<Record<string, string | Uint8Array>>,
  prefix = Buffer.from('SYSB\x02\0\0\0', 'latin1'),
): Buffer {
  const parts: Buffer[] = [prefix]
  const directory: Buffer[] = []
  let at = prefix.length
  for (const [name, content] of Object.entries(files)) {
    const raw = Buffer.from(content)
    const packed = deflateRawSync(raw)
    const path = Buffer.from(name)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(8, 4)
    common.writeUInt32LE(crc32(raw), 10)
    common.writeUInt32LE(packed.length, 14)
    common.writeUInt32LE(raw.length, 18)
    common.writeUInt16LE(path.length, 22)
    parts.push(Buffer.from('PK\x03\x04', 'latin1'), common, path, packed)
    const central = Buffer.alloc(16)
    central.writeUInt32LE(at, 12)
    directory.push(Buffer.from('PK\x01\x02\x14\0', 'latin1'), common, central.subarray(2), path)
    at += 30 + path.length + packed.length
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 0, 'latin1')
  end.writeUInt16LE(Object.keys(files).length, 8)
  end.writeUInt16LE(Object.keys(files).length, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...parts, central, end])
}

/** A bundle of files, as a manifest describes them. */
export function bundle(
  files: readonly {
    readonly name: string
    readonly type: string
    readonly content: string
    readonly headers?: Readonly<Record<string, string>>
  }[],
  more: object = {},
): Buffer {
  const described = files.map(({ name, type, headers = {} }) => [
    `files/_/_/${name}`,
    { type, url: `~/${name}`, headers },
  ])
  const manifest = { files: Object.fromEntries(described) as object, ...more }
  return zip({
    ...Object.fromEntries(files.map(({ name, content }) => [`files/_/_/${name}`, content])),
    'manifest.json': JSON.stringify(manifest),
  })
}
