/**
 * `npm test`: every test that can run here, as one vitest run; arguments go on to it, such as
 * `--project e2e`. At the end it says which real peers took part and which did not and why, and as
 * its last line what the runner's own report counts.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import process from 'node:process'

/** What is read of vitest's JSON report. */
interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly {
    readonly status: string
    readonly name: string
    readonly assertionResults: readonly { readonly status: string }[]
  }[]
}
/** A line of .cache/peers.ndjson, written by test/peers/require.ts. */
interface PeerLine {
  readonly peer: string
  readonly used: boolean
  readonly reason?: string
}

const reportPath = '.cache/test-report.json'
const peersPath = '.cache/peers.ndjson'

mkdirSync('.cache', { recursive: true })
rmSync(reportPath, { force: true })
rmSync(peersPath, { force: true })

const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportPath}`]
const runner = spawn(
  process.execPath,
  ['node_modules/.bin/vitest', 'run', ...reporters, ...process.argv.slice(2)],
  { stdio: ['ignore', 'inherit', 'inherit'] },
)
const [code] = (await once(runner, 'close')) as [number | null]

printPeers()
const failures = printCounts()
process.exitCode = code === 0 && failures === 0 ? 0 : 1

function printPeers() {
  const lines = existsSync(peersPath) ? readFileSync(peersPath, 'utf8').split('\n') : []
  const peers = new Map<string, PeerLine>()
  for (const line of lines.filter(Boolean)) {
    const peer = JSON.parse(line) as PeerLine
    peers.set(peer.peer, peer)
  }
  console.log('\nReal peers:')
  if (peers.size === 0) console.log('  none took part in this run')
  for (const { peer, used, reason } of [...peers.values()].toSorted(byName)) {
    console.log(`  ${peer.padEnd(16)} ${used ? 'used' : `skipped: ${reason ?? 'no reason given'}`}`)
  }
}

function byName(a: PeerLine, b: PeerLine) {
  return a.peer < b.peer ? -1 : 1
}

/** The last line. A file that could not be loaded has no tests to count: it is one failure. */
function printCounts(): number {
  if (!existsSync(reportPath)) {
    console.log(`the runner ended with ${code} and wrote no report`)
    console.log('0 passed, 1 failed, 0 skipped')
    return 1
  }
  const report = JSON.parse(readFileSync(reportPath, 'utf8')) as Report
  const broken = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  )
  for (const { name } of broken) console.log(`failed outside of its tests: ${name}`)
  const failed = report.numFailedTests + broken.length
  const skipped = report.numPendingTests + report.numTodoTests
  if (code !== 0 && failed === 0) console.log(`the runner ended with ${code}: see above`)
  console.log(`${report.numPassedTests} passed, ${failed} failed, ${skipped} skipped`)
  return failed
}
