import { SearchError } from '../search.ts'
import type { DocumentChange } from './document_line.ts'
import type { IdTransaction, Place } from './ids.ts'
import type { Accepted } from './operation.ts'

/** What one operation comes to. */
export type Change = Made | { readonly error: SearchError }

interface Made {
  readonly status: 200 | 201 | 404
  readonly result: 'created' | 'updated' | 'deleted' | 'not_found'
  readonly id: string
  readonly seq: number
  readonly version: number
  /** For the journal; undefined when nothing changes. */
  readonly line: DocumentChange | undefined
}

interface World {
  readonly transaction: IdTransaction
  /** Of ids that Weir gave, by `index NUL id`; `event` for one that can be changed by nobody. */
  readonly places: Map<string, Place | 'event'>
  /** Documents that retention has taken, whose ids are free, by `index NUL _seq`. */
  readonly gone: ReadonlySet<string>
  readonly randomBytes: (count: number) => Uint8Array
  readonly nowMs: number
}

/** Decides on one operation by what its id holds now, and holds the id for it. */
export function reserve(operation: Accepted, world: World): Change {
  const { transaction, nowMs } = world
  const { op, index, source, time } = operation
  const stamp = { time: time ?? new Date(nowMs).toISOString(), noTime: time === undefined }
  if (operation.id === undefined) {
    const [id, seq] = [newId(world), transaction.next()]
    const line = { id, seq, op: 'create' as const, source, ...stamp }
    return { status: 201, result: 'created', id, seq, version: 1, line }
  }
  const { id } = operation
  const reserved = transaction.get(index, id)
  const isFree = reserved && world.gone.has(`${index}\0${reserved.seq}`)
  const known = (isFree ? undefined : reserved) ?? world.places.get(`${index}\0${id}`)
  if (known === 'event') return { error: isEvent(id) }
  const conflict = conflictOf(operation, id, known)
  if (conflict) return { error: conflict }
  // From here on the transaction knows it.
  world.places.delete(`${index}\0${id}`)
  if (op === 'delete') {
    if (!known) {
      const seq = transaction.next()
      return { status: 404, result: 'not_found', id, seq, version: 1, line: undefined }
    }
    const seq = transaction.remove(index, id)
    const line = { id, seq, op, replaces: known.seq, ...stamp }
    return { status: 200, result: 'deleted', id, seq, version: known.version + 1, line }
  }
  const version = (known?.version ?? 0) + 1
  const seq = transaction.set(index, id, version)
  const line = { id, seq, op, replaces: known?.seq, source, ...stamp }
  return known
    ? { status: 200, result: 'updated', id, seq, version, line }
    : { status: 201, result: 'created', id, seq, version, line }
}

function conflictOf(operation: Accepted, id: string, known: Place | undefined) {
  const { op, index, ifSeqNo, ifPrimaryTerm } = operation
  const conflict = (reason: string) =>
    new SearchError(409, 'version_conflict_engine_exception', `[${id}]: ${reason}`, {
      index_uuid: '_na_',
      shard: '0',
      index,
    })
  if (op === 'create' && known) {
    return conflict(
      `version conflict, document already exists (current version [${known.version}])`,
    )
  }
  if (ifSeqNo === undefined && ifPrimaryTerm === undefined) return undefined
  const wanted = `required seqNo [${ifSeqNo}], primary term [${ifPrimaryTerm}]`
  if (!known) return conflict(`version conflict, ${wanted}. but no document was found`)
  if (known.seq === ifSeqNo && (ifPrimaryTerm ?? 1) === 1) return undefined
  return conflict(
    `version conflict, ${wanted}. current document has seqNo [${known.seq}] and primary term [1]`,
  )
}

const isEvent = (id: string) =>
  new SearchError(
    400,
    'illegal_argument_exception',
    `[${id}] is an event that Weir took in itself: it can be neither replaced nor deleted`,
  )

/** `w-` and 15 bytes: six of time, so that ids of about the same time lie together, and nine of chance. */
function newId({ randomBytes, nowMs }: World): string {
  const bytes = Buffer.alloc(15)
  bytes.writeUIntBE(nowMs, 0, 6)
  bytes.set(randomBytes(9), 6)
  return `w-${bytes.toString('base64url')}`
}
