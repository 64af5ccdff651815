import type { Logger } from 'pino'
import type { Cluster } from './cluster.ts'
import type { ElasticsearchConfig } from './config.ts'
export async function problemsOf(
  _config: ElasticsearchConfig,
  _cluster: Cluster,
  _log: Logger,
  _deadline: AbortSignal,
): Promise<readonly string[]> {
  return []
}
