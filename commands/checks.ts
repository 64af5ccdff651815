import { once } from 'node:events'
import { accessSync, constants, existsSync, globSync, statfsSync } from 'node:fs'
import { createServer } from 'node:net'
import { createSocket } from 'node:dgram'
import { dirname } from 'node:path'
import { lookAtPath } from '../collector/inputs/listen/unix_path.ts'
import { outputs } from '../collector/outputs/all.ts'
import type { Config } from '../config.ts'
import { systemClock } from '../core/clock.ts'
import { holderOf } from '../core/data_folder.ts'
import { messageOf, WeirError } from '../core/errors.ts'
import type { ListenAddress as HttpAddress } from '../core/http/address.ts'
import { listenFailure, type ListenAddress } from '../core/listen_failure.ts'
import { createLog } from '../core/log.ts'
import { createMetrics, Registry } from '../core/metrics.ts'
import { formatSize } from '../core/units.ts'
import { openToNobody } from './http_addresses.ts'
import type { Loaded } from './running.ts'

/** Something that `weir check` has to say. A note is worth reading; a problem is worth fixing. */
export interface Finding {
  readonly level: 'problem' | 'note'
  /** What it is about: `data folder`, `input nginx`, `output elasticsearch`. */
  readonly subject: string
  readonly message: string
}

const targetTimeoutMs = 10_000

/**
 * Looks at everything that a valid config leads to. Nothing is changed, nothing is sent.
 *
 * @param httpAddresses where the HTTP port is to listen.
 */
export async function checkAll(
  { config }: Loaded,
  dataFolder: string,
  httpAddresses: readonly HttpAddress[],
): Promise<Finding[]> {
  const holder = holderOf(dataFolder)
  const findings: Finding[] = [
    ...checkFolder(dataFolder, config.journal.max_disk, config.journal.segment_size),
    ...checkFiles(config.http.tls ?? {}, 'http.tls'),
  ]
  if (holder) {
    findings.push({
      level: 'note',
      subject: 'data folder',
      message: `a Weir runs on it (process ${holder.pid ?? 'unknown'}), so addresses are not tried`,
    })
  } else findings.push(...(await checkAddresses(config, httpAddresses)))
  const openness = openToNobody(httpAddresses, config.http)
  if (openness !== undefined) findings.push({ level: 'note', subject: 'http', message: openness })
  for (const input of config.collector.inputs) {
    const subject = `input ${String(input['id'] ?? input.type)}`
    if (Array.isArray(input['paths'])) findings.push(...checkPaths(input['paths'], subject))
    findings.push(...checkFiles((input['tls'] ?? {}) as object, `${subject}, tls`))
  }
  const checked = config.collector.outputs.map((output) => checkOutput(output, dataFolder))
  findings.push(...(await Promise.all(checked)).flat())
  if (config.collector.outputs.length === 0) {
    const message = 'none is configured: events stay in the journal while their segments do'
    findings.push({ level: 'note', subject: 'outputs', message })
  }
  return findings
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

/** Opens every address for a moment. */
async function checkAddresses(
  config: Config,
  httpAddresses: readonly HttpAddress[],
): Promise<Finding[]> {
  const findings: Finding[] = []
  const attempt = async (subject: string, key: string, address: ListenAddress) => {
    const message = await tryAddress(address, key)
    if (message !== undefined) findings.push({ level: 'problem', subject, message })
  }
  for (const address of httpAddresses) {
    // One that was passed on is open already.
    if (address.kind === 'fd') continue
    const protocol = address.kind
    await attempt('http', '--listen or http.listen', { ...address, protocol } as ListenAddress)
  }
  for (const input of config.collector.inputs) {
    const name = String(input['id'] ?? input.type)
    if (input.type === 'unix') {
      // Its schema makes `path` a text.
      const address = { protocol: 'unix', path: input['path'] as string } as const
      await attempt(`input ${name}`, `path of input ${name}`, address)
    }
    if (input.type !== 'tcp' && input.type !== 'udp') continue
    // The schemas of both inputs make `listen` a list of these.
    const addresses = input['listen'] as { host: string; port: number }[]
    for (const { host, port } of addresses) {
      const address = { protocol: input.type, host, port } as const
      await attempt(`input ${name}`, `listen of input ${name}`, address)
    }
  }
  return findings
}

async function tryAddress(address: ListenAddress, key: string): Promise<string | undefined> {
  try {
    if (address.protocol === 'unix') {
      accessSync(dirname(address.path), constants.W_OK | constants.X_OK)
      await lookAtPath(address.path, key)
    } else if (address.protocol === 'udp') {
      const socket = createSocket(address.host.includes(':') ? 'udp6' : 'udp4')
      socket.bind(address.port, address.host)
      await once(socket, 'listening')
      socket.close()
    } else {
      const server = createServer()
      server.listen(address.port, address.host)
      await once(server, 'listening')
      server.close()
    }
    return undefined
  } catch (failure) {
    if (failure instanceof WeirError) return failure.message
    return listenFailure(failure, address, key).message
  }
}

/** Certificate and key files under a `tls` key. */
function checkFiles(tls: object, subject: string): Finding[] {
  return Object.entries(tls).flatMap(([key, path]): Finding[] => {
    if (!['cert', 'key', 'ca'].includes(key) || typeof path !== 'string') return []
    const message = readable(path)
    return message === undefined
      ? []
      : [{ level: 'problem', subject, message: `${key}: ${message}` }]
  })
}

/** Files that a tail input follows: those there are must be readable. */
function checkPaths(patterns: readonly unknown[], subject: string): Finding[] {
  return patterns.flatMap((pattern): Finding[] => {
    const text = String(pattern)
    const files = globSync(text)
    if (files.length === 0) {
      const message = `no file fits ${text} yet`
      return [{ level: 'note', subject, message: hiddenFolder(text) ?? message }]
    }
    return files.flatMap((path): Finding[] => {
      const message = readable(path)
      return message === undefined ? [] : [{ level: 'problem', subject, message }]
    })
  })
}

/** Why a pattern may fit nothing: a folder on its way that this user may not look into. */
function hiddenFolder(pattern: string): string | undefined {
  let folder = pattern.split(/[*?[{]/, 1)[0]!.replace(/[^/]*$/, '') || '/'
  while (!existsSync(folder) && folder !== '/') folder = dirname(folder)
  try {
    accessSync(folder, constants.R_OK | constants.X_OK)
    return undefined
  } catch (failure) {
    return `nothing can be found by ${pattern}: ${messageOf(failure)}`
  }
}

function readable(path: string): string | undefined {
  try {
    accessSync(path, constants.R_OK)
    return undefined
  } catch (failure) {
    return `${path} cannot be read by this user: ${messageOf(failure)}`
  }
}

async function checkOutput(
  config: { type: string; [key: string]: unknown },
  dataFolder: string,
): Promise<Finding[]> {
  const id = String(config['id'] ?? config.type)
  const subject = `output ${id}`
  try {
    const output = outputs.create(config, {
      id: `output.${id}`,
      log: createLog('silent'),
      clock: systemClock,
      metrics: createMetrics(new Registry()),
      count: () => undefined,
      random: Math.random,
      dataFolder,
    })
    const problems = await output.check(AbortSignal.timeout(targetTimeoutMs))
    return problems.map((message) => ({ level: 'problem', subject, message }))
  } catch (failure) {
    return [{ level: 'problem', subject, message: messageOf(failure) }]
  }
}
