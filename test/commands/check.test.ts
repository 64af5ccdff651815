import { once } from 'node:events'
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { holdDataFolder } from '../../core/data_folder.ts'
import { inProcess } from './in_process.ts'
import { newFolder } from './weir.ts'

let folder: string
beforeAll(() => {
  folder = newFolder()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What check says of a config: its exit code and findings as `level subject: message`. */
async function check(text: string, dataFolder = join(folder, 'never')) {
  const path = join(folder, `${Math.random()}.yaml`)
  writeFileSync(path, text)
  const args = ['check', '--json', '-c', path, '-d', dataFolder]
  const { code, stdout } = await inProcess(args)
  const findings = stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as { level: string; subject: string; message: string })
  return {
    code,
    findings: findings.map(({ level, subject, message }) => `${level} ${subject}: ${message}`),
  }
}

test('a parser that cannot be made is a mistake of the config, for start as well', async () => {
  const text =
    'collector: { inputs: [{ type: http, parser: { type: regexp, expression: "(" } }] }\n'
  const { code, findings } = await check(text)
  expect(findings).toEqual([
    expect.stringMatching(/^problem config: .*:1:73: .*expression: Invalid regular expression/),
  ])
  expect(code).toBe(1)
  writeFileSync(join(folder, 'bad.yaml'), text)
  const started = await inProcess(['start', '-c', join(folder, 'bad.yaml'), '-d', folder])
  expect(started.code).toBe(78)
})

test('inputs are made as start would make them', async () => {
  const key = join(folder, 'no.pem')
  writeFileSync(key, 'no key')
  const { findings } = await check(`
http: { listen: "127.0.0.1:0" }
collector: { inputs: [{ type: tcp, listen: ":0", tls: { cert: ${key}, key: ${key} } }] }
`)
  expect(findings[0]).toMatch(/^problem input tcp: tls\.cert .*no\.pem/)
})

test('an input on the address of the HTTP port', async () => {
  const { findings } = await check(`
http: { listen: "127.0.0.1:39801" }
collector: { inputs: [{ type: tcp, listen: ":39801" }] }
`)
  expect(findings[0]).toBe(
    'problem input tcp: tcp://0.0.0.0:39801 is that of http (tcp://127.0.0.1:39801): set another in listen of input tcp',
  )
})

test('a unix socket in a folder that is not there', async () => {
  const { findings } = await check(`
http: { listen: "127.0.0.1:0" }
collector: { inputs: [{ type: unix, path: /nowhere/at/all.sock }] }
`)
  expect(findings[0]).toContain('there is no folder /nowhere/at. Make it')
})

test('a unix socket in a folder that a start makes, because the data folder is in it', async () => {
  const made = join(folder, 'first')
  const { code, findings } = await check(
    `
http: { listen: "127.0.0.1:0" }
collector: { inputs: [{ type: unix, path: ${made}/app.sock }], outputs: [{ type: "null" }] }
statsd: { enabled: false }
`,
    join(made, 'data'),
  )
  expect(findings.filter((finding) => finding.startsWith('problem'))).toEqual([])
  expect(code).toBe(0)
})

test('a file output whose folder cannot be made', async () => {
  writeFileSync(join(folder, 'file'), '')
  const paths = ['/proc/none/a.ndjson', `${folder}/file/below/a.ndjson`, folder, `${folder}/new/a`]
  const outputs = paths.map((path, i) => `{ type: file, id: f${i}, path: ${path} }`)
  const { findings } = await check(`
http: { listen: "127.0.0.1:0" }
collector: { outputs: [${outputs.join(', ')}] }
`)
  expect(findings).toEqual([
    'problem output f0: nothing can be stored in /proc: change `path`',
    expect.stringMatching(/^problem output f1: .*file.* a file is in its way/),
    `problem output f2: ${folder} is a folder: change \`path\``,
  ])
})

test('parts that are still to come, and a collector that is switched off, are notes', async () => {
  const { code, findings } = await check(`
http: { listen: "127.0.0.1:0" }
roles: [store]
web: { enabled: true }
collector: { inputs: [{ type: unix, path: /nowhere/at/all.sock }] }
`)
  expect(findings).toEqual([
    'note web: this part is still to come: nothing of it runs',
    expect.stringMatching(/^note collector: it is switched off/),
  ])
  expect(code).toBe(0)
})

test('beside a running Weir addresses are tried, but for its own', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const text = `http: { listen: "127.0.0.1:${port}" }`
  const running = (pid: number) =>
    holdDataFolder(join(folder, `of${pid}`), { pid, started_at: '', command: 'weir' })
  const [own, other] = [running(process.pid), running(1)]
  try {
    const beside = await check(text, own.path)
    expect(beside.findings).toEqual([
      expect.stringContaining(`note data folder: a Weir runs on it (process ${process.pid})`),
    ])
    expect(beside.code).toBe(0)
    expect((await check(text, other.path)).findings).toContainEqual(
      expect.stringContaining(`problem http: cannot listen on tcp://127.0.0.1:${port}`),
    )
  } finally {
    own.release()
    other.release()
    server.close()
  }
})

test('the addresses of StatsD are tried where the config names them', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const base = `http: { listen: "127.0.0.1:0" }\ncollector: { enabled: false }\n`
  const taken = await check(
    `${base}statsd: { listen: "tcp://127.0.0.1:${port}", console: { listen: "tcp://127.0.0.1:${port}" } }\n`,
  )
  expect(taken.findings.filter((finding) => finding.includes('statsd'))).toEqual([
    expect.stringMatching(/^problem statsd: cannot listen on tcp:.* has it.*statsd\.listen/),
    expect.stringMatching(
      /^problem statsd console: .* is that of statsd .*statsd\.console\.listen/,
    ),
  ])
  const off = await check(`${base}statsd: { enabled: false, listen: "tcp://127.0.0.1:${port}" }\n`)
  expect(off.findings.filter((finding) => finding.includes('statsd'))).toEqual([])
  server.close()
})

test('files that a tail input follows must be readable, also those whose names are no UTF-8', async () => {
  const logs = join(folder, 'logs')
  mkdirSync(logs)
  const named = (name: Buffer) => Buffer.concat([Buffer.from(`${logs}/`), name])
  const about = async (pattern: string) => {
    const { findings } = await check(`
http: { listen: "127.0.0.1:0" }
collector: { inputs: [{ type: tail, paths: ["${logs}/${pattern}"] }] }
`)
    return findings.filter((finding) => finding.includes('input tail'))
  }
  writeFileSync(named(Buffer.from([0xe9, 0x2e, 0x6c])), 'a line\n')
  expect(await about('*.l')).toEqual([])
  expect(await about('never.l')).toEqual([`note input tail: no file fits ${logs}/never.l yet`])
  // Whoever runs this: what leads round in a circle cannot be read.
  symlinkSync(named(Buffer.from([0xff, 0x2e, 0x6d])), named(Buffer.from([0xff, 0x2e, 0x6d])))
  expect(await about('*.m')).toEqual([
    expect.stringMatching(
      /^problem input tail: .*\/logs\/\ufffd\.m cannot be read by this user: ELOOP/,
    ),
  ])
})
