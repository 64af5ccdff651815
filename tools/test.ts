/**
 * `npm test`: every test that can run here, as one vitest run; arguments go on to it, such as
 * `--project e2e`. At the end it says which real peers took part and which did not and why, and as
 * its last line what the runner's own report counts.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import process from 'node:process'
import { countsOf, peersText, type Report } from './test_report.ts'

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

const peers = existsSync(peersPath) ? peersText(readFileSync(peersPath, 'utf8')) : []
console.log('\nReal peers:')
for (const line of peers.length === 0 ? ['none were asked for'] : peers) console.log(`  ${line}`)

const report = existsSync(reportPath)
  ? (JSON.parse(readFileSync(reportPath, 'utf8')) as Report)
  : undefined
const { passed, failed, skipped, broken } = countsOf(report, code)
for (const path of broken) console.log(`failed outside of its tests: ${path}`)
if (!report) console.log(`the runner ended with ${code} and wrote no report`)
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
process.exitCode = failed === 0 ? 0 : 1
