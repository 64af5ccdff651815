import { existsSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { formatTable } from '../commands/table.ts'
import type { DataSet } from './data_set.ts'

/** What a peer is told: read `logs`/*.log as `set` is written, send it to the sink at `url`. */
export interface PeerJob {
  readonly set: DataSet
  readonly logs: string
  readonly url: string
  /** For its config and state. */
  readonly folder: string
}
interface PeerCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: NodeJS.ProcessEnv
}
export interface Peer {
  readonly program: string
  readonly title: string
  /** Command that installs it, where a package registry offers it. */
  readonly install?: string
  /** Writes its config and says how to start it. */
  prepare(job: PeerJob): PeerCommand
}

/** The equivalent job for each peer, with what its manual recommends for throughput. */
const peers: readonly Peer[] = [
  {
    program: 'rsyslogd',
    title: 'rsyslog',
    install: 'apt-get install rsyslog rsyslog-elasticsearch (Debian)',
    prepare: ({ set, logs, url, folder }) => {
      const { hostname, port } = new URL(url)
      const json = set.parser === 'json'
      const rules = join(folder, 'combined.rule')
      writeFileSync(rules, `version=2\nrule=:${combinedRule}\n`)
      const path = write(folder, 'rsyslog.conf', [
        `global(workDirectory="${folder}" maxMessageSize="64k")`,
        'module(load="imfile" mode="inotify")',
        json ? 'module(load="mmjsonparse")' : 'module(load="mmnormalize")',
        'module(load="omelasticsearch")',
        'template(name="event" type="list") { property(name="$!all-json") }',
        `input(type="imfile" file="${logs}/*.log" tag="bench" ruleset="ship" readMode="0")`,
        'ruleset(name="ship" queue.type="LinkedList" queue.size="50000" queue.dequeueBatchSize="2000" queue.workerThreads="2") {',
        json
          ? '  action(type="mmjsonparse" cookie="")'
          : `  action(type="mmnormalize" rulebase="${rules}" useRawMsg="off")`,
        `  action(type="omelasticsearch" server="${hostname}" serverport="${port}" template="event" searchIndex="bench" searchType="" bulkmode="on" maxbytes="5m" action.resumeRetryCount="-1")`,
        '}',
      ])
      return { command: 'rsyslogd', args: ['-n', '-f', path, '-i', join(folder, 'pid')] }
    },
  },
  {
    program: 'fluent-bit',
    title: 'Fluent Bit, filesystem buffer',
    prepare: ({ set, logs, url, folder }) => {
      const { hostname, port } = new URL(url)
      const path = write(folder, 'fluent-bit.yaml', [
        'service:',
        '  flush: 0.2',
        '  log_level: error',
        `  storage.path: ${folder}/buffer`,
        '  storage.sync: full',
        'parsers:',
        '  - { name: json, format: json }',
        '  - name: nginx',
        '    format: regex',
        `    regex: '${combinedExpression('?<')}'`,
        '    time_key: time',
        "    time_format: '%d/%b/%Y:%H:%M:%S %z'",
        'pipeline:',
        '  inputs:',
        `    - { name: tail, path: ${logs}/*.log, parser: ${set.parser}, read_from_head: true, db: ${folder}/tail.db, storage.type: filesystem, buffer_max_size: 1M, threaded: true }`,
        '  outputs:',
        `    - { name: es, match: '*', host: ${hostname}, port: ${port}, index: bench, suppress_type_name: true, generate_id: true, workers: 2 }`,
      ])
      return { command: 'fluent-bit', args: ['-c', path] }
    },
  },
  {
    program: 'vector',
    title: 'Vector, disk buffer',
    prepare: ({ set, logs, url, folder }) => {
      const parse =
        set.parser === 'json'
          ? '. = parse_json!(.message)'
          : '. = parse_nginx_log!(.message, format: "combined")'
      const config = {
        data_dir: folder,
        sources: { logs: { type: 'file', include: [`${logs}/*.log`], read_from: 'beginning' } },
        transforms: { parsed: { type: 'remap', inputs: ['logs'], source: parse } },
        sinks: {
          out: {
            type: 'elasticsearch',
            inputs: ['parsed'],
            endpoints: [url],
            api_version: 'v8',
            healthcheck: { enabled: false },
            batch: { max_bytes: 5_000_000 },
            buffer: { type: 'disk', max_size: 1_000_000_000, when_full: 'block' },
          },
        },
      }
      const path = write(folder, 'vector.json', [JSON.stringify(config)])
      return { command: 'vector', args: ['--quiet', '--config', path] }
    },
  },
  {
    program: 'otelcol',
    title: 'OpenTelemetry collector',
    prepare: ({ set, logs, url, folder }) => {
      const operator =
        set.parser === 'json'
          ? { type: 'json_parser' }
          : { type: 'regex_parser', regex: combinedExpression('?P<') }
      const config = {
        receivers: {
          filelog: {
            include: [`${logs}/*.log`],
            start_at: 'beginning',
            storage: 'file_storage',
            operators: [operator],
          },
        },
        exporters: {
          elasticsearch: { endpoints: [url], sending_queue: { storage: 'file_storage' } },
        },
        extensions: { file_storage: { directory: folder } },
        service: {
          extensions: ['file_storage'],
          pipelines: { logs: { receivers: ['filelog'], exporters: ['elasticsearch'] } },
        },
      }
      const path = write(folder, 'otelcol.json', [JSON.stringify(config)])
      return { command: 'otelcol', args: ['--config', path] }
    },
  },
  {
    program: 'filebeat',
    title: 'Filebeat',
    prepare: ({ set, logs, url, folder }) => {
      const parse =
        set.parser === 'json'
          ? { decode_json_fields: { fields: ['message'], target: '' } }
          : {
              dissect: {
                tokenizer:
                  '%{ip} %{ident} %{user} [%{time}] "%{request}" %{code} %{size} "%{referrer}" "%{agent}"',
                target_prefix: '',
              },
            }
      const config = {
        'filebeat.inputs': [{ type: 'log', paths: [`${logs}/*.log`] }],
        processors: [parse],
        'setup.template.enabled': false,
        'setup.ilm.enabled': false,
        'output.elasticsearch': { hosts: [url], index: 'bench', bulk_max_size: 2048, worker: 2 },
      }
      const path = write(folder, 'filebeat.yml', [JSON.stringify(config)])
      return {
        command: 'filebeat',
        args: ['-e', '-c', path, '--path.data', folder, '--strict.perms=false'],
      }
    },
  },
  {
    program: 'fluentd',
    title: 'Fluentd, file buffer',
    install: 'gem install fluentd fluent-plugin-elasticsearch (RubyGems)',
    prepare: ({ set, logs, url, folder }) => {
      const { hostname, port } = new URL(url)
      const path = write(folder, 'fluent.conf', [
        '<source>',
        '  @type tail',
        `  path ${logs}/*.log`,
        `  pos_file ${folder}/pos`,
        '  tag bench',
        '  read_from_head true',
        `  <parse>\n    @type ${set.parser}\n  </parse>`,
        '</source>',
        '<match **>',
        '  @type elasticsearch',
        `  host ${hostname}\n  port ${port}\n  index_name bench`,
        `  <buffer>\n    @type file\n    path ${folder}/buffer\n    flush_mode immediate\n    flush_thread_count 2\n    chunk_limit_size 5m\n  </buffer>`,
        '</match>',
      ])
      return { command: 'fluentd', args: ['-q', '-c', path] }
    },
  },
]

/** liblognorm's rule, and the expression for everybody else. */
const combinedRule =
  '%ip:word% %ident:word% %user:word% [%time:char-to:]%] "%method:word% %path:word% %protocol:char-to:"%" %code:number% %size:word% "%referrer:char-to:"%" "%agent:char-to:"%"'
const combinedExpression = (group: string) =>
  `^(${group}remote>[^ ]*) (${group}host>[^ ]*) (${group}user>[^ ]*) \\[(${group}time>[^\\]]*)\\] "(${group}method>\\S+)(?: +(${group}path>[^"]*?)(?: +\\S*)?)?" (${group}code>[^ ]*) (${group}size>[^ ]*)(?: "(${group}referer>[^"]*)" "(${group}agent>[^"]*)")?`

function write(folder: string, name: string, lines: readonly string[]): string {
  const path = join(folder, name)
  writeFileSync(path, `${lines.join('\n')}\n`)
  return path
}

export function peersOnPath(): readonly Peer[] {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return peers.filter(({ program }) => folders.some((folder) => existsSync(join(folder, program))))
}

/** How to get the peers that are not here. */
export function howToInstall(): string {
  const here = new Set(peersOnPath())
  const absent = peers.filter((peer) => !here.has(peer))
  if (absent.length === 0) return 'Every peer was found.'
  const lines = absent.map(
    ({ program, install }) =>
      `  ${program}: ${install ?? 'from its own site, in no package registry'}`,
  )
  return `Not on the PATH, so not measured:\n${lines.join('\n')}`
}

/** Medians of 3 to 6 runs on one 2 core VM, the sink beside them, everything delivered. */
export function recorded(): string {
  const headings = ['who (recorded)', 'json', 'short json', 'nginx', 'peak RSS MB', 'idle RSS MB']
  const rows = [
    ['Fluent Bit 5.1, memory buffer', '75', '62', '43', '98-161', '12'],
    ['Fluent Bit 5.1, filesystem buffer', '62', '-', '37', '84-140', '12'],
    ['rsyslog 8.2302', '34', '28', '19', '150-826', '13'],
    ['OpenTelemetry collector 0.160', '31', '32', '19', '51-119', '33'],
    ['the same with file_storage (no fsync)', '21', '-', '16', '47-95', '-'],
    ['Filebeat 7.17', '14', '17', '6.6', '85-419', '53'],
    ['Telegraf 1.37', '12', '18', '0.4', '51-1044', '30'],
  ]
  return formatTable(headings, rows)
}
