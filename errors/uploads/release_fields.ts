import { invalid } from '../api/web_request.ts'
import type { JsonRecord, JsonValue } from '../../store/search.ts'

/** Most commits of a release that are kept, newest first. */
const commitsMax = 10_000
const textMax = 4_096

export interface Commit {
  readonly id: string
  readonly repository?: string | null
  readonly author_name?: string | null
  readonly author_email?: string | null
  readonly message?: string | null
  readonly timestampMs?: number | null
  readonly patchSet?: string | null
}

/** As sentry-cli sends them, newest first. @throws WebRefusal */
export function commitsOf(value: JsonValue | undefined): Commit[] | undefined {
  if (value === undefined || value === null) return undefined
  return recordsOf(value, 'commits')
    .slice(0, commitsMax)
    .map((commit) => ({
      id: commitId(commit['id'], 'commits'),
      repository: textOf(commit, 'repository'),
      author_name: textOf(commit, 'author_name'),
      author_email: textOf(commit, 'author_email'),
      message: textOf(commit, 'message'),
      timestampMs: momentIn(commit, 'timestamp'),
      patchSet: Array.isArray(commit['patch_set'])
        ? JSON.stringify(commit['patch_set'].slice(0, 1_000))
        : null,
    }))
}

/** `{repository, commit, previousCommit}` of each repository. @throws WebRefusal */
export function refsOf(value: JsonValue | undefined) {
  if (value === undefined || value === null) return undefined
  return recordsOf(value, 'refs')
    .slice(0, 100)
    .map((ref) => ({
      repository: textOf(ref, 'repository'),
      commit: commitId(ref['commit'], 'refs'),
      previousCommit: textOf(ref, 'previousCommit'),
    }))
}

function recordsOf(value: JsonValue, key: string): JsonRecord[] {
  const isRecord = (one: JsonValue): one is JsonRecord =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
  if (Array.isArray(value) && value.every((one) => isRecord(one as JsonValue)))
    return value as JsonRecord[]
  throw invalid(`${key}: expected a list of objects`)
}

function commitId(value: JsonValue | undefined, key: string): string {
  if (typeof value === 'string' && value !== '' && value.length <= 64) return value
  throw invalid(`${key}: each needs the id of a commit, of 64 characters at most`)
}

/** Sentry's own rules: no line breaks, no dots alone, 200 characters. @throws WebRefusal */
export function versionOf(value: JsonValue | undefined): string {
  const version = typeof value === 'string' ? value.trim() : ''
  if (version !== '' && version.length <= 200 && !/^\.{1,2}$|[\n\r\t\f\v]|^latest$/i.test(version))
    return version
  throw invalid(
    'version: expected 1 to 200 characters without line breaks, and not "latest" or "."',
  )
}

export function textOf(record: JsonRecord, key: string): string | null {
  const value = record[key]
  if (value === undefined || value === null) return null
  if (typeof value !== 'string') throw invalid(`${key}: expected a text`)
  return value.slice(0, textMax).toWellFormed()
}

export function momentIn(record: JsonRecord, key: string): number | null {
  const value = record[key]
  if (value === undefined || value === null) return null
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN
  if (Number.isNaN(ms)) throw invalid(`${key}: expected a time such as 2026-01-31T12:00:00Z`)
  return ms
}
