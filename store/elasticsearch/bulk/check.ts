import { messageOf } from '../../../core/errors.ts'
import type { JsonObject } from '../../../core/json.ts'
import type { Checked } from '../../../core/delivery/output.ts'
import { capabilitiesOf } from './capabilities.ts'
import type { Requests } from '../cluster.ts'
import type { ElasticsearchConfig } from './config.ts'
import { indicesOf } from './indices.ts'
import type { Capabilities, DocumentKind } from './document_kind.ts'
import { identify, type Server } from './server.ts'

/**
 * What `weir check` says of an elasticsearch output: whether it can be reached, is a server that Weir
 * knows, lets these credentials write, and ever deletes anything. Changes nothing on the server.
 */
export async function checkCluster(
  config: ElasticsearchConfig,
  kind: DocumentKind,
  cluster: Requests,
  deadline: AbortSignal,
): Promise<readonly Checked[]> {
  try {
    const server = await identify(cluster, config, deadline)
    if (!server) {
      const problem =
        'the server does not say what it is: set `flavour` and `version`, if it is one at all'
      return [{ problem }]
    }
    const problems = [
      ...versionProblems(server),
      ...(await writeProblems(config, kind, cluster, deadline)),
    ]
    const can = config.manage_templates ? await capabilitiesOf(kind, cluster, deadline) : undefined
    if (can && !can.dataStreams && config.indices === 'data_stream') {
      problems.push('the server has no data streams: set `indices: dated`')
    }
    const notes = await retentionNotes(config, kind, cluster, server, can, deadline)
    return [...problems.map((problem) => ({ problem })), ...notes.map((note) => ({ note }))]
  } catch (failure) {
    return [{ problem: messageOf(failure) }]
  }
}

const oldest = { elasticsearch: [7, 17], opensearch: [2, 0] } as const

function versionProblems({ flavour, version }: Server): string[] {
  if (version === undefined) return []
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor, oldestMinor] = oldest[flavour]
  const isOld = major < oldestMajor || (major === oldestMajor && minor < oldestMinor)
  if (!isOld) return []
  const needed = `${oldestMajor}.${oldestMinor}`
  return [`the server is ${flavour} ${version}: Weir is tested with ${needed} and newer`]
}

/** What the credentials lack, where the server has a way to ask (Elasticsearch with security). */
async function writeProblems(
  config: ElasticsearchConfig,
  kind: DocumentKind,
  cluster: Requests,
  deadline: AbortSignal,
): Promise<string[]> {
  const dataStreams = config.indices === 'data_stream'
  const names = [dataStreams ? `${kind.streams}-*-*` : exampleOf(config, kind)]
  const privileges = [
    'auto_configure',
    'create_doc',
    ...(dataStreams ? ['maintenance', 'read'] : []),
  ]
  const body = JSON.stringify({
    cluster: config.manage_templates ? ['manage_index_templates'] : [],
    index: [{ names, privileges }],
  })
  const path = '/_security/user/_has_privileges'
  const answer = await cluster.request({ method: 'POST', path, body }, deadline)
  if (answer.status !== 200) return []
  const { cluster: onCluster, index } = JSON.parse(answer.text) as {
    cluster?: Record<string, boolean>
    index?: Record<string, Record<string, boolean>>
  }
  const granted = { ...onCluster, ...Object.values(index ?? {})[0] }
  const missing = Object.keys(granted).filter((privilege) => granted[privilege] === false)
  if (missing.length === 0) return []
  return [`the credentials lack ${missing.join(', ')} (for ${names.join()}): grant them`]
}

/** Old data stay for ever unless something deletes them: a lifecycle, ILM, or ISM on OpenSearch. */
async function retentionNotes(
  config: ElasticsearchConfig,
  kind: DocumentKind,
  cluster: Requests,
  server: Server,
  can: Capabilities | undefined,
  deadline: AbortSignal,
): Promise<string[]> {
  const byLifecycle = can?.lifecycle === true && config.indices === 'data_stream'
  if (byLifecycle && config.retention !== undefined) return []
  const name = exampleOf(config, kind)
  if (server.flavour === 'opensearch') {
    if (await hasIsmPolicy(cluster, name, deadline)) return []
    return [`nothing deletes old data: add an ISM policy with an ism_template that matches ${name}`]
  }
  if (await hasLifecycle(kind, cluster, name, deadline)) return []
  if (byLifecycle)
    return ['nothing deletes old data: set `retention`, for example `retention: 14d`']
  const unused = config.retention === undefined ? '' : '`retention` has no effect here; '
  return [
    `${unused}nothing deletes old data: attach an ILM policy in the component template ${kind.custom} (index.lifecycle.name), or delete old indices yourself`,
  ]
}

/** A name as the output would write it. */
function exampleOf(config: ElasticsearchConfig, { streams }: DocumentKind): string {
  const stream = `${streams}-example-default`
  if (config.indices === 'data_stream') return stream
  return indicesOf(config.indices).nameOf(
    { stream, tag: 'example' },
    Buffer.from('{"@timestamp":"2000-01-01T00'),
    0,
  )
}

async function hasLifecycle(
  { custom }: DocumentKind,
  cluster: Requests,
  name: string,
  deadline: AbortSignal,
): Promise<boolean> {
  for (const path of [
    `/_index_template/_simulate_index/${name}`,
    `/_component_template/${custom}`,
  ]) {
    const method = path.includes('_simulate') ? 'POST' : 'GET'
    const answer = await cluster.request({ method, path }, deadline)
    if (answer.status === 200 && /"lifecycle"|"data_retention"/.test(answer.text)) return true
  }
  return false
}

/** Policies as OpenSearch lists them: `policies[].policy.ism_template[].index_patterns`. */
async function hasIsmPolicy(
  cluster: Requests,
  name: string,
  deadline: AbortSignal,
): Promise<boolean> {
  const path = '/_plugins/_ism/policies?size=1000'
  const answer = await cluster.request({ method: 'GET', path }, deadline)
  if (answer.status !== 200) return false
  const { policies } = JSON.parse(answer.text) as { policies?: { policy?: JsonObject }[] }
  const templates = (policies ?? []).flatMap(({ policy }) => {
    const templatesOf = policy?.['ism_template']
    return Array.isArray(templatesOf) ? (templatesOf as { index_patterns?: string[] }[]) : []
  })
  return templates.some(({ index_patterns: patterns }) =>
    (patterns ?? []).some((pattern) => matches(pattern, name)),
  )
}

function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`).test(name)
}
