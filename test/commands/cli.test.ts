import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { version } from '../../commands/version.ts'
import { inProcess } from './in_process.ts'
import { newFolder, weir } from './weir.ts'

let folder: string
beforeAll(() => {
  folder = newFolder()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const write = (name: string, text: string) => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

describe.concurrent('the command line', { timeout: 30_000 }, () => {
  test('version', async () => {
    expect(await weir(['version'])).toEqual({ code: 0, stdout: `${version()}\n`, stderr: '' })
  })

  test('help begins with examples and names every command', async () => {
    const { code, stdout } = await inProcess(['--help'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Examples:/)
    for (const name of ['start', 'check', 'parse', 'journal', 'dead', 'completion', 'version']) {
      expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, 'm'))
    }
  })

  test.each([
    [['strat'], 'did you mean "start"?'],
    [['start', '--lisen', 'x'], 'Did you mean --listen?'],
    [['start', '--log-level', 'loud'], 'Allowed choices'],
    [['journal', 'lss'], 'ls'],
    [['journal', 'forget', 'old', '--force'], 'unknown option'],
    [['dead', 'drop'], '--output or --all'],
    [['journal', 'cat', '-n', 'abc'], "argument 'abc' is invalid. It has to be a whole number"],
  ])('%j is a usage error that helps', async (args, hint) => {
    const { code, stderr } = await inProcess(args)
    expect(stderr).toContain(hint)
    expect(code).toBe(2)
  })

  test('every command has help that begins with examples; none has words that mean nothing', async () => {
    const commands = [
      'start',
      'check',
      'parse',
      'journal',
      'dead',
      'completion',
      ...['ls', 'cat', 'verify', 'seek', 'forget'].map((name) => `journal ${name}`),
      ...['ls', 'show', 'replay', 'drop'].map((name) => `dead ${name}`),
      ...['stats', 'verify', 'adopt', 'compact', 'delete'].map((name) => `store ${name}`),
    ]
    for (const command of commands) {
      const { code, stdout } = await inProcess([...command.split(' '), '--help'])
      expect([code, stdout.slice(0, 9)], command).toEqual([0, 'Examples:'])
    }
    expect((await inProcess(['--help'])).stdout).not.toContain('nothing...')
  })

  test.each([
    [['parse', 'nginx', '/nope'], 1, '/nope cannot be read: ENOENT'],
    [['parse', 'nginx', tmpdir()], 1, 'cannot be read: it is a folder'],
    [['parse', 'regexp'], 78, 'parser regexp: expression: is missing: expected a text'],
    [['parse', 'json', '-o', 'tiem_key=a'], 78, 'unknown key "tiem_key": did you mean "time_key"?'],
    [['parse', 'jsno'], 78, 'parser "jsno" is not known'],
  ])('%j is one line with its code', async (args, expected, message) => {
    const { code, stderr } = await inProcess(args)
    expect(stderr).toMatch(/^error: .*\n\(WEIR_\w+\)\n$/)
    expect(stderr).toContain(message)
    expect(code).toBe(expected)
  })

  test('a PORT that is none is a mistake of the config', async () => {
    const { code, stdout } = await inProcess(['check', '-d', folder], { PORT: 'abc' })
    expect(stdout).toContain('environment: PORT: "abc" is no port')
    expect(code).toBe(1)
  })

  test('a bad config shows all its mistakes, with code 78', async () => {
    const config = write('bad.yaml', 'http:\n  lisen: 1\njournal: { max_disk: lots }\n')
    const { code, stdout, stderr } = await inProcess(['--config', config, '--data-dir', folder])
    expect([code, stdout]).toEqual([78, ''])
    expect(stderr).toContain(
      `${config}:2:3: http.lisen: unknown key "lisen": did you mean "listen"?`,
    )
    expect(stderr).toContain(`${config}:3:22: journal.max_disk: "lots" is not a size`)
  })

  test('a config that is not there', async () => {
    const { code, stderr } = await inProcess(['start', '-c', join(folder, 'none.yaml')])
    expect(code).toBe(78)
    expect(stderr).toContain('the config file cannot be read')
  })

  test('check finds problems of every kind at once, and changes nothing', async () => {
    const config = write(
      'check.yaml',
      `data_dir: ${folder}/never
http: { listen: 127.0.0.1:0, tls: { cert: /nowhere/cert.pem, key: /nowhere/key.pem } }
collector:
  inputs: [{ type: tcp, listen: "tcp://192.0.2.1:5170" }]
`,
    )
    const { code, stdout } = await inProcess(['check', '-c', config])
    expect(stdout).toContain('problem  http.tls: cert: /nowhere/cert.pem cannot be read')
    expect(stdout).toContain('problem  input tcp: cannot listen on tcp://192.0.2.1:5170')
    expect(code).toBe(1)
  })

  test('check without problems', async () => {
    const environment = { WEIR_HTTP__LISTEN: '127.0.0.1:0', WEIR_DATA_DIR: join(folder, 'never') }
    const { code, stderr } = await inProcess(['check'], environment)
    expect([code, stderr]).toEqual([0, 'everything is in order\n'])
  })

  test('check tries the sockets of unix inputs', async () => {
    const taken = createServer().listen(join(folder, 'taken.sock'))
    await once(taken, 'listening')
    const file = write('no_socket', '')
    const inputs = [`${folder}/taken.sock`, file, '/nowhere/weir.sock', `${folder}/free.sock`]
    const config = write(
      'unix.yaml',
      `data_dir: ${folder}/never
http: { listen: 127.0.0.1:0 }
collector:
  inputs: [${inputs.map((path, i) => `{ type: unix, id: u${i}, path: ${path} }`).join(', ')}]
`,
    )
    const { code, stdout } = await inProcess(['check', '-c', config])
    taken.close()
    expect(stdout).toContain(`problem  input u0: cannot listen on unix://${inputs[0]}`)
    expect(stdout).toContain(`(pid ${process.pid}) listens there`)
    expect(stdout).toContain(
      `problem  input u1: cannot listen on unix://${file}: there is something`,
    )
    expect(stdout).toContain('problem  input u2: cannot listen on unix:///nowhere/weir.sock')
    expect(stdout).not.toContain('input u3')
    expect(code).toBe(1)
  })

  test('check tries the address that start would take: PORT where the config says nothing', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const environment = { PORT: String(port), WEIR_DATA_DIR: join(folder, 'never') }
    const { code, stdout } = await inProcess(['check'], environment)
    taken.close()
    expect(stdout).toContain(`problem  http: cannot listen on tcp://127.0.0.1:${port}`)
    expect(code).toBe(1)
  })

  test.each(['bash', 'zsh', 'fish'])('completion for %s', async (shell) => {
    const { code, stdout } = await inProcess(['completion', shell])
    expect(code).toBe(0)
    expect(stdout).toContain('journal')
    expect(stdout).toMatch(/data-dir/)
  })

  test('commands on a folder that is not there', async () => {
    const { code, stderr } = await inProcess(['journal', 'ls', '-d', join(folder, 'nowhere')])
    expect(stderr).toContain('there is no data folder')
    expect(code).toBe(1)
  })

  test('commands on a folder that is not of Weir leave it as it is', async () => {
    const other = mkdtempSync(join(folder, 'other-'))
    for (const command of [['query'], ['journal', 'ls'], ['project', 'ls'], ['store', 'stats']]) {
      const { code, stderr } = await inProcess([...command, '-d', other])
      expect(stderr).toContain('there is no data folder')
      expect(code).toBe(1)
    }
    expect(readdirSync(other)).toEqual([])
  })

  test.each([['query'], ['journal', 'ls'], ['start']])(
    'an empty --data-dir: weir %s',
    async (...command) => {
      const { code, stderr } = await inProcess([...command, '--data-dir', ''])
      expect(stderr).toContain('--data-dir')
      expect(code).toBe(78)
    },
  )
})
