import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { migrate } from '../../../errors/database/schema.ts'
import type { Frame, SentryEvent } from '../../../errors/event/sentry_event.ts'
import { sourceMapsConfig, type SourceMapsConfig } from '../../../errors/symbolicate/config.ts'
import { Symbolicator } from '../../../errors/symbolicate/symbolicator.ts'
import { encodeMappings, type Segment } from './encode_map.ts'

interface Artifact {
  readonly type: 'source_map' | 'minified_source'
  readonly url: string
  readonly project?: number
  readonly debugId?: string
  readonly release?: string
  readonly dist?: string
  readonly reference?: string
  readonly uploadedMs?: number
}

/** A symbolicator over uploads that a test makes. */
export class Uploaded {
  readonly folder = mkdtempSync(join(tmpdir(), 'weir-symbolicate-'))
  readonly database = new DatabaseSync(':memory:')
  readonly symbolicator: Symbolicator

  constructor(limits: Partial<SourceMapsConfig> = {}) {
    migrate(this.database, ':memory:')
    this.symbolicator = new Symbolicator({
      database: () => this.database,
      blobs: { path: (name) => join(this.folder, name) },
      limits: { ...sourceMapsConfig.parse({}), ...limits },
    })
  }

  add(artifact: Artifact, content: string): string {
    const blob = createHash('sha256').update(content).digest('hex')
    writeFileSync(join(this.folder, blob), content)
    const { type, url, project = 1, debugId = '', release = '', dist = '' } = artifact
    const { reference = null, uploadedMs = 1_000 } = artifact
    this.database
      .prepare(
        'insert into artifacts (project, upload, debug_id, type, release, dist, url, map_reference, blob, size, uploaded_ms) values (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      )
      .run(project, debugId, type, release, dist, url, reference, blob, content.length, uploadedMs)
    this.database.exec(
      "insert into meta values ('artifacts', '1') on conflict do update set value = value + 1",
    )
    return blob
  }

  /** Maps an event as the digest does. */
  async map(event: SentryEvent, project = 1): Promise<SentryEvent> {
    await this.symbolicator.prepare([{ project, event }])
    this.symbolicator.apply(project, event)
    return event
  }

  end(): void {
    this.database.close()
    rmSync(this.folder, { recursive: true })
  }
}

export const debugId = '8fa6d8d70a3b4c5d9e8f112233445566'
export const script = 'https://shop.example.com/static/app.js'

export function eventOf(frames: Frame[], more: Partial<SentryEvent> = {}): SentryEvent {
  return {
    event_id: '0'.repeat(32),
    timestamp: 100,
    received: 100,
    type: 'error',
    level: 'error',
    platform: 'javascript',
    exception: { values: [{ type: 'Error', value: 'no', stacktrace: { frames } }] },
    ...more,
  }
}

export const images = (code_file = script, id = debugId) => ({
  debug_meta: { images: [{ type: 'sourcemap', code_file, debug_id: id }] },
})

/** A map of one source, unless more is said. */
export function mapJson(segments: readonly (readonly Segment[])[], more: object = {}): string {
  return JSON.stringify({
    version: 3,
    sources: ['../src/cart.ts'],
    sourcesContent: [cart],
    names: ['checkout', 'total'],
    mappings: encodeMappings(segments),
    ...more,
  })
}

export const cart = Array.from({ length: 30 }, (_, index) => `line ${index + 1}`).join('\n')

export const framesOf = (event: SentryEvent) => event.exception!.values[0]!.stacktrace!.frames
