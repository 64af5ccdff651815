import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { locate, type PeerName } from './catalogue.ts'

/** Where a peer is. `java`: the JDK to run it with, for servers. */
export interface Found {
  readonly path: string
  readonly java: string
}

/**
 * The peer, or undefined when it is not on this machine: then skip. What was used and what was
 * skipped, and why, goes to `.cache/peers.ndjson`, which the test run prints at its end.
 *
 * @throws in CI when it is missing and could have been installed.
 */
export function requirePeer(name: PeerName): Found | undefined {
  const located = locate(name)
  if (located.missing === undefined) {
    record({ peer: name, used: true })
    return { path: located.path, java: located.java ?? '' }
  }
  const reason = `${located.missing}; install it with: bin/node tools/peers.ts`
  record({ peer: name, skipped: true, reason })
  if (process.env.CI && located.installable) throw new Error(`peer ${name}: ${reason}`)
  console.log(`skipped, peer ${name}: ${reason}`)
  return undefined
}

/** One line of `.cache/peers.ndjson`. */
export interface PeerRecord {
  readonly peer: PeerName
  readonly used?: true
  readonly skipped?: true
  readonly reason?: string
}

function record(line: PeerRecord) {
  const folder = join(import.meta.dirname, '..', '..', '.cache')
  mkdirSync(folder, { recursive: true })
  appendFileSync(join(folder, 'peers.ndjson'), `${JSON.stringify(line)}\n`)
}
