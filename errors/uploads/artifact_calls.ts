import type { DatabaseSync } from 'node:sqlite'
import type { Calls, CallWorld } from '../digest/call.ts'
import { orderOf } from '../releases/order.ts'
import { unusedBlobs } from '../issues/removal.ts'
import { deleteBlobs, noteChange } from './unused_blobs.ts'

/** What became of an upload. */
export interface UploadState {
  readonly state: 'ok' | 'error'
  readonly detail: string | null
}

/** A file of an upload, whose bytes are a blob. */
export interface NewArtifact {
  readonly type: string
  /** 32 hex, or empty; so are release and dist. */
  readonly debugId: string
  readonly release: string
  readonly dist: string
  readonly url: string
  readonly mapReference: string | null
  readonly blob: string
  readonly size: number
}

export interface NewUpload extends UploadState {
  readonly checksum: string
  readonly projects: readonly number[]
  /** As the client asked for it; the files say where they belong. */
  readonly release: string
  readonly dist: string
  readonly uploadedMs: number
  readonly files: readonly NewArtifact[]
  /** Blobs that were written for it and are not needed. */
  readonly dropped?: readonly string[]
}

interface UploadKey {
  readonly checksum: string
  readonly projects: readonly number[]
  readonly release: string
  readonly dist: string
}

/** What main asks the digest thread of uploaded files (calls.ts). */
export const artifactCalls: Calls = {
  /** What became of an upload, when all its projects have it: UploadState, or null. */
  'uploads.state': (key: UploadKey, { database }) => stateOf(database, key),
  /** Writes down an upload, and lets go of what it replaces. Answers the releases that had to make room for it. */
  'uploads.add': async (upload: NewUpload & { readonly maxDisk: number }, world) => {
    const { unused, gone } = world.change(() => add(upload, world))
    await deleteBlobs(world, unused)
    return gone
  },
  /** Files of a release, the newest first. */
  'uploads.files': ({ project, release }: { project: number; release: string }, { database }) =>
    database
      .prepare(
        `select id, url, dist, type, size, blob, map_reference, uploaded_ms from artifacts
         where project = ? and release = ? order by id desc limit 1000`,
      )
      .all(project, release)
      .map((row) => ({ ...row })) as never,
  /** Deletes a file of a release. Answers whether there was one. */
  'uploads.delete_file': async (
    { project, release, id }: { project: number; release: string; id: number },
    world,
  ) => {
    const { found, unused } = world.change(() => {
      const rows = world.database
        .prepare(
          'delete from artifacts where project = ? and release = ? and id = ? returning blob',
        )
        .all(project, release, id)
      noteChange(world.database)
      const blobs = rows.map(({ blob }) => String(blob))
      return { found: blobs.length > 0, unused: unusedBlobs(world.database, blobs) }
    })
    await deleteBlobs(world, unused)
    return found
  },
}

/** Only when each project has it: one that is new needs it too. A failure is tried again. */
function stateOf(database: DatabaseSync, { checksum, projects, release, dist }: UploadKey) {
  const row = database.prepare(
    `select state, detail from artifact_uploads where checksum = ? and project = ? and release = ? and dist = ?`,
  )
  const states = projects.map((project) => row.get(checksum, project, release, dist))
  if (!states.every((found) => found?.['state'] === 'ok')) return null
  return { state: 'ok', detail: (states[0]?.['detail'] as string | null) ?? null }
}

function add(upload: NewUpload & { readonly maxDisk: number }, { database }: CallWorld) {
  const { checksum, projects, release, dist, state, detail, uploadedMs } = upload
  const insertUpload = database.prepare(
    `insert into artifact_uploads (project, checksum, release, dist, state, detail, uploaded_ms)
     values (?, ?, ?, ?, ?, ?, ?) on conflict (checksum, project, release, dist)
     do update set state = excluded.state, detail = excluded.detail, uploaded_ms = excluded.uploaded_ms returning id`,
  )
  const replaced = database.prepare(
    `delete from artifacts where project = ? and release = ? and dist = ? and url = ? and type = ? and debug_id = ? returning blob`,
  )
  const insert = database.prepare(
    `insert into artifacts (project, upload, debug_id, type, release, dist, url, map_reference, blob, size, uploaded_ms)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const blobs = [...(upload.dropped ?? [])]
  for (const project of projects) {
    const row = insertUpload.get(project, checksum, release, dist, state, detail, uploadedMs)
    for (const file of upload.files) {
      const key = [project, file.release, file.dist, file.url, file.type, file.debugId] as const
      blobs.push(...replaced.all(...key).map(({ blob }) => String(blob)))
      const { debugId, type, url, mapReference, blob, size } = file
      const id = Number(row!['id'])
      const place = [project, id, debugId, type, file.release, file.dist, url] as const
      insert.run(...place, mapReference, blob, size, uploadedMs)
    }
    for (const name of new Set(upload.files.map((file) => file.release))) {
      if (name !== '') addRelease(database, project, name, uploadedMs)
    }
  }
  const evicted = evict(database, upload.maxDisk)
  noteChange(database)
  return { unused: unusedBlobs(database, [...blobs, ...evicted.blobs]), gone: evicted.gone }
}

/** A release is there once files are uploaded for it. */
function addRelease(database: DatabaseSync, project: number, version: string, nowMs: number): void {
  const { package: name, sort } = orderOf(version)
  database
    .prepare(
      'insert or ignore into releases (project, version, package, sort, created_ms) values (?, ?, ?, ?, ?)',
    )
    .run(project, version, name, sort, nowMs)
}

/**
 * Deletes the files of the release, or without one of the upload, that was uploaded longest ago, until what is left
 * fits. What was uploaded last stays, whatever it takes.
 */
function evict(database: DatabaseSync, mostBytes: number) {
  const total = database.prepare(
    'select ifnull(sum(size), 0) as bytes from (select max(size) as size from artifacts group by blob)',
  )
  const oldest = database.prepare(
    `select project, release, iif(release = '', upload, 0) as upload from artifacts
     group by 1, 2, 3 order by max(uploaded_ms), max(id) limit 2`,
  )
  const remove = database.prepare(
    `delete from artifacts where project = ?1 and release = ?2 and (?3 = 0 or upload = ?3) returning blob, upload`,
  )
  const forget = database.prepare(
    'delete from artifact_uploads where id = ? and not exists (select 1 from artifacts where upload = artifact_uploads.id)',
  )
  const [blobs, gone]: [string[], string[]] = [[], []]
  while (Number(total.get()!['bytes']) > mostBytes) {
    const [first, other] = oldest.all()
    if (!first || !other) break
    const release = String(first['release'])
    const rows = remove.all(Number(first['project']), release, Number(first['upload']))
    blobs.push(...rows.map(({ blob }) => String(blob)))
    for (const upload of new Set(rows.map((row) => Number(row['upload'])))) forget.run(upload)
    gone.push(release === '' ? `upload ${Number(first['upload'])}` : release)
  }
  return { blobs, gone }
}
