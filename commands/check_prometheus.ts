import { existsSync } from 'node:fs'
import { messageOf } from '../core/errors.ts'
import type { StatsdConfig } from '../statsd/config.ts'
import { loadMappings } from '../statsd/prometheus/mapping/load.ts'
import type { Finding } from './finding.ts'

/** Looks at the mapping file, every mistake of it, and at what the host is measured by. */
export function checkPrometheus({ prometheus, host }: StatsdConfig): Finding[] {
  const findings: Finding[] = []
  try {
    loadMappings(prometheus.mapping_file)
  } catch (failure) {
    for (const message of messageOf(failure).split('\n')) {
      findings.push({ level: 'problem', subject: 'statsd.prometheus', message })
    }
  }
  if (host.enabled && !existsSync(`${host.proc}/stat`)) {
    const message = `${host.proc}/stat is not there: on a system other than Linux set statsd.host.enabled to false, in a container set statsd.host.proc to where the machine's /proc is`
    findings.push({ level: 'note', subject: 'statsd.host', message })
  }
  return findings
}
