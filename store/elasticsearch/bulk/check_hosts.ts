import type { Checked } from '../../../core/delivery/output.ts'
import { messageOf } from '../../../core/errors.ts'
import { Cluster } from '../cluster.ts'
import type { ElasticsearchConfig } from './config.ts'

/**
 * Which of several hosts do not answer. A note as long as one does: the others are asked instead. Where
 * none does the check of the cluster says so.
 */
export async function checkHosts(
  config: ElasticsearchConfig,
  now: () => number,
  deadline: AbortSignal,
): Promise<readonly Checked[]> {
  const { hosts } = config
  if (hosts.length === 1) return []
  const failures = await Promise.all(
    hosts.map((host) => failureOf({ ...config, hosts: [host] }, now, deadline)),
  )
  const failing = failures.filter((failure) => failure !== undefined)
  if (failing.length === hosts.length) return []
  return failing.map((failure) => ({ note: `a host does not answer, others do: ${failure}` }))
}

async function failureOf(config: ElasticsearchConfig, now: () => number, deadline: AbortSignal) {
  const cluster = new Cluster(config, now)
  try {
    await cluster.request({ method: 'GET', path: '/' }, deadline)
    return undefined
  } catch (failure) {
    return messageOf(failure)
  } finally {
    await cluster.close()
  }
}
