import type { SwappedSets } from '../../tables/swapped.ts'
import type { SetLine } from '../flush_format.ts'
import type { MergeWorld } from './merge_world.ts'

/** Members unite. Those beyond `maxMembers`, of all sets together, are left out. */
export function mergeSets(
  swapped: SwappedSets,
  lines: readonly SetLine[],
  maxMembers: number,
  { ids, turn, losses }: MergeWorld,
): SwappedSets {
  const { series, placed } = ids.merge(swapped, turn, lines, () => (losses.series += 1))
  const sizes = new Uint32Array(series.rows)
  sizes.set(swapped.sizes.subarray(0, swapped.rows))
  if (placed.length === 0) return { ...swapped, ...series, sizes }
  const known = membersOf(swapped, new Set(placed.map(({ row }) => row)))
  const fresh: { readonly row: number; readonly bytes: Buffer }[] = []
  for (const { line, row } of placed) {
    const own = known.get(row) ?? new Set<string>()
    known.set(row, own)
    for (const bytes of bytesOf(line)) {
      const key = bytes.toString('latin1')
      if (own.has(key)) continue
      if (swapped.members + fresh.length >= maxMembers) {
        losses.members += 1
        continue
      }
      own.add(key)
      fresh.push({ row, bytes })
      sizes[row]! += 1
    }
  }
  return { ...series, sizes, ...withMembers(swapped, fresh) }
}

/** The members of some rows, each byte as a character. */
function membersOf(swapped: SwappedSets, rows: ReadonlySet<number>): Map<number, Set<string>> {
  const found = new Map<number, Set<string>>()
  const { bytes, offsets, memberRows } = swapped
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let i = 0; i < swapped.members; i++) {
    const row = memberRows[i]!
    if (!rows.has(row)) continue
    const own = found.get(row) ?? new Set<string>()
    found.set(row, own)
    own.add(buffer.toString('latin1', offsets[i], offsets[i + 1]))
  }
  return found
}

function* bytesOf({ members, members_base64: others = [] }: SetLine): Generator<Buffer> {
  for (const member of members) yield Buffer.from(member)
  for (const member of others) yield Buffer.from(member, 'base64')
}

function withMembers(
  swapped: SwappedSets,
  fresh: readonly { readonly row: number; readonly bytes: Buffer }[],
) {
  const members = swapped.members + fresh.length
  const memberRows = new Uint32Array(members)
  memberRows.set(swapped.memberRows.subarray(0, swapped.members))
  const offsets = new Uint32Array(members + 1)
  offsets.set(swapped.offsets.subarray(0, swapped.members + 1))
  for (const [i, { row, bytes }] of fresh.entries()) {
    const at = swapped.members + i
    memberRows[at] = row
    offsets[at + 1] = offsets[at]! + bytes.length
  }
  const bytes = new Uint8Array(offsets[members]!)
  bytes.set(swapped.bytes.subarray(0, offsets[swapped.members]))
  for (const [i, each] of fresh.entries()) bytes.set(each.bytes, offsets[swapped.members + i])
  return { members, memberRows, offsets, bytes }
}
