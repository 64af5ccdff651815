import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { SqliteDocuments } from '../../store/embedded/documents/documents.ts'
import { describeDocuments } from './documents_contract.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-documents-'))
afterAll(() => rmSync(folder, { recursive: true }))

let made = 0
describeDocuments('sqlite', () => new SqliteDocuments(join(folder, `${++made}.sqlite`)))
