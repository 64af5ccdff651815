import { accessSync, constants, existsSync, statfsSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { filters } from '../collector/filters/all.ts'
import type { InputContext } from '../collector/input.ts'
import { inputs } from '../collector/inputs/all.ts'
import { outputs } from '../collector/outputs/all.ts'
import type { Output } from '../core/delivery/output.ts'
import { systemClock } from '../core/clock.ts'
import { plainValueAt } from '../core/config/merge.ts'
import type { Context } from '../core/context.ts'
import { holderOf } from '../core/data_folder.ts'
import { messageOf } from '../core/errors.ts'
import type { ListenAddress as HttpAddress } from '../core/http/address.ts'
import { createLog } from '../core/log.ts'
import { createMetrics, Registry } from '../core/metrics.ts'
import { formatSize } from '../core/size_text.ts'
import { keysWithoutMeaning } from '../store/config.ts'
import { backends } from '../statsd/backends/all.ts'
import { backendId, backendsOf } from '../statsd/backends/config.ts'
import type { StatsdConfig } from '../statsd/config.ts'
import { checkAddresses } from './check_addresses.ts'
import { checkErrors, errorAddresses } from './check_errors.ts'
import { statsdAddresses } from './check_statsd.ts'
import { accessFailure, checkPaths, unreadable } from './check_paths.ts'
import { checkPrometheus } from './check_prometheus.ts'
import { checkStore } from './check_store.ts'
import { checkStoreFiles } from './check_store_files.ts'
import { checkErrorsOff } from './errors_off.ts'
import type { Finding } from './finding.ts'
import { openToNobody } from './http_addresses.ts'
import type { Loaded } from './running.ts'
import { withStore } from './running_store.ts'

const targetTimeoutMs = 10_000

/**
 * Looks at everything that a valid config leads to. Nothing is changed, nothing is sent.
 *
 * @param httpAddresses where the HTTP port is to listen.
 */
export async function checkAll(
  loaded: Loaded,
  dataFolder: string,
  httpAddresses: readonly HttpAddress[],
): Promise<Finding[]> {
  const { config } = loaded
  const { collector } = config
  const collects = collector.enabled && config.roles.includes('collector')
  const keeps = config.store.enabled && config.roles.includes('store')
  const inputConfigs = collects ? collector.inputs : []
  const holder = holderOf(dataFolder)
  const findings: Finding[] = [
    ...checkFolder(dataFolder, config.journal.max_disk, config.journal.segment_size),
    ...checkFiles(config.http.tls ?? {}, 'http.tls'),
    ...partsToCome(loaded),
  ]
  const note = (subject: string, message: string) =>
    findings.push({ level: 'note', subject, message })
  if (holder) {
    const who = `a Weir runs on it (process ${holder.pid ?? 'unknown'})`
    note('data folder', `${who}: the addresses it listens on are not tried`)
  }
  const others = [...statsdAddresses(loaded), ...errorAddresses(config)]
  const tried = { dataFolder, runningPid: holder?.pid }
  findings.push(...(await checkAddresses(httpAddresses, inputConfigs, others, tried)))
  const { engine } = config.store
  for (const text of keysWithoutMeaning(loaded.input, engine, loaded.placeOf)) note('store', text)
  if (keeps && config.store.engine === 'embedded') {
    findings.push(...checkStoreFiles(dataFolder))
    findings.push(...(await checkStore(config.store, dataFolder, systemClock.now())))
  }
  if (!keeps && collects && collector.outputs.some(({ type }) => type === 'store')) {
    note('store', 'it is switched off: what is for it stays in the journal while its segments do')
  }
  if (config.statsd.enabled && config.roles.includes('statsd')) {
    findings.push(...(await checkBackends(config.statsd, dataFolder)))
    findings.push(...checkPrometheus(config.statsd))
  }
  findings.push(...checkErrors(config), ...checkErrorsOff(config, dataFolder))
  const openness = openToNobody(httpAddresses, config.http)
  if (openness !== undefined) note('http', openness)
  if (!collects) {
    note('collector', 'it is switched off: no input, filter or output runs, and none is looked at')
    return findings
  }
  for (const input of inputConfigs) findings.push(...(await checkInput(input, dataFolder)))
  findings.push(...(await checkFilters(collector.filters, dataFolder)))
  const running = withStore(collector.outputs, config.store).filter(({ type }) => type !== 'store')
  const checked = running.map((output) => checkOutput(output, dataFolder))
  findings.push(...(await Promise.all(checked)).flat())
  if (collector.outputs.length === 0) {
    note('outputs', 'none is configured: events stay in the journal while their segments do')
  }
  return findings
}

/** Parts that a config asks for, though there is nothing of them yet. */
function partsToCome({ config, input }: Loaded): Finding[] {
  const written = plainValueAt(input, ['roles'])
  return (['web'] as const).flatMap((part): Finding[] => {
    const isAsked = (Array.isArray(written) && written.includes(part)) || config[part].enabled
    if (!isAsked) return []
    return [
      { level: 'note', subject: part, message: 'this part is still to come: nothing of it runs' },
    ]
  })
}

async function checkInput(config: ComponentConfig, dataFolder: string): Promise<Finding[]> {
  const subject = `input ${String(config['id'] ?? config.type)}`
  const unreadable = checkFiles((config['tls'] ?? {}) as object, `${subject}, tls`)
  if (unreadable.length > 0) return unreadable
  const context: InputContext = {
    ...contextOf(subject, dataFolder),
    deliver: () => Promise.reject(new TypeError('BUG: an input delivers without being started')),
    positions: new Map(),
    worker: { index: 0, count: 1 },
  }
  return [
    ...(await created(subject, () => inputs.create(config, context))),
    ...(Array.isArray(config['paths']) ? checkPaths(config['paths'], subject) : []),
  ]
}

async function checkFilters(
  configs: readonly ComponentConfig[],
  dataFolder: string,
): Promise<Finding[]> {
  const checked = configs.map((config, index) => {
    const subject = `filters[${index}] (${config.type})`
    const context = { ...contextOf(subject, dataFolder), hostname: hostname() }
    return created(subject, () => filters.create(config, context))
  })
  return (await Promise.all(checked)).flat()
}

/** What keeps a component from being made. */
async function created(subject: string, create: () => unknown): Promise<Finding[]> {
  try {
    await create()
    return []
  } catch (failure) {
    return [{ level: 'problem', subject, message: messageOf(failure) }]
  }
}

interface ComponentConfig {
  readonly type: string
  readonly [key: string]: unknown
}

function contextOf(id: string, dataFolder: string): Context {
  return {
    id,
    log: createLog('silent'),
    clock: systemClock,
    metrics: createMetrics(new Registry()),
    count: () => undefined,
    random: Math.random,
    dataFolder,
  }
}

function checkFolder(folder: string, maxDisk: number, segmentSize: number): Finding[] {
  const subject = 'data folder'
  let nearest = folder
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest)
  try {
    accessSync(nearest, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (failure) {
    const verb = nearest === folder ? 'cannot be used' : 'cannot be made'
    const message = `${folder} ${verb} by this user: ${messageOf(failure)}`
    return [{ level: 'problem', subject, message }]
  }
  const { bavail, bsize } = statfsSync(nearest)
  const free = bavail * bsize
  const room = `${formatSize(free)} are free on its disk`
  if (free < 2 * segmentSize) {
    const message = `${room}, less than two segments of the journal (journal.segment_size ${formatSize(segmentSize)})`
    return [{ level: 'problem', subject, message }]
  }
  if (free >= maxDisk) return []
  const message = `${room}: the journal cannot grow to journal.max_disk (${formatSize(maxDisk)})`
  return [{ level: 'note', subject, message }]
}

/** Certificate and key files under a `tls` key. */
function checkFiles(tls: object, subject: string): Finding[] {
  return Object.entries(tls).flatMap(([key, path]): Finding[] => {
    if (!['cert', 'key', 'ca'].includes(key) || typeof path !== 'string') return []
    const failure = accessFailure(path)
    if (!failure) return []
    return [{ level: 'problem', subject, message: `${key}: ${unreadable(path, failure)}` }]
  })
}

function checkOutput(config: ComponentConfig, dataFolder: string): Promise<Finding[]> {
  const id = String(config['id'] ?? config.type)
  const context = contextOf(`output.${id}`, dataFolder)
  return checkTarget(`output ${id}`, () => outputs.create(config, context))
}

/** Where metrics go: what the store and the repeater need is looked at elsewhere, or cannot be. */
async function checkBackends(statsd: StatsdConfig, dataFolder: string): Promise<Finding[]> {
  const sending = backendsOf(statsd).filter(({ type }) => backends.types.includes(type))
  const checked = sending.map((config) => {
    const id = backendId(config)
    const create = () => backends.create(config, contextOf(id, dataFolder), statsd)
    return checkTarget(`backend ${id}`, create)
  })
  return (await Promise.all(checked)).flat()
}

/** Whether a target can be reached and takes what it would get. */
async function checkTarget(subject: string, create: () => Output): Promise<Finding[]> {
  try {
    const output = create()
    const findings = await output.check(AbortSignal.timeout(targetTimeoutMs))
    return findings.map((found) =>
      'note' in found
        ? { level: 'note', subject, message: found.note }
        : { level: 'problem', subject, message: found.problem },
    )
  } catch (failure) {
    return [{ level: 'problem', subject, message: messageOf(failure) }]
  }
}
