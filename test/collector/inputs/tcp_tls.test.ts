import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectPlain } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { inputs } from '../../../collector/inputs/all.ts'
import type { Input } from '../../../collector/input.ts'
import { FakeWorld, started } from './fake_context.ts'
import { eventually } from '../../eventually.ts'

const hasOpenssl = spawnSync('openssl', ['version']).status === 0
if (!hasOpenssl) console.log('skipped: TLS tests need openssl to make certificates')

const folder = mkdtempSync(join(tmpdir(), 'weir-tls-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string) => join(folder, name)

function makeCertificates() {
  const openssl = (...parts: string[]) => {
    const { status, stderr } = spawnSync('openssl', parts)
    if (status !== 0) throw new Error(stderr.toString())
  }
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const own = (name: string) =>
    openssl(
      'req',
      '-x509',
      ...key,
      '-subj',
      `/CN=${name}`,
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      '-keyout',
      file(`${name}.key`),
      '-out',
      file(`${name}.pem`),
    )
  own('server')
  own('client')
  own('stranger')
}

describe.skipIf(!hasOpenssl)('tcp with TLS', () => {
  if (hasOpenssl) makeCertificates()
  const files = { cert: file('server.pem'), key: file('server.key') }

  const create = (world: FakeWorld, tls: Record<string, unknown>, more = {}) =>
    inputs.create(
      inputs.schema.parse({
        type: 'tcp',
        listen: '127.0.0.1:0',
        tls: { ...files, ...tls },
        ...more,
      }),
      world.context,
    )

  const portOf = (input: Input) =>
    Number(/:(\d+)$/.exec((input.status()['listen'] as string[])[0]!)![1])

  const send = (input: Input, text: string, options: ConnectionOptions = {}): TLSSocket => {
    const ca = readFileSync(files.cert)
    const socket = connect({ port: portOf(input), host: '127.0.0.1', ca, ...options })
    socket.on('error', () => undefined)
    onTestFinished(() => void socket.destroy())
    socket.write(text)
    return socket
  }

  const credentials = (name: string) => ({
    cert: readFileSync(file(`${name}.pem`)),
    key: readFileSync(file(`${name}.key`)),
  })

  test('messages arrive, and no connection is left behind', async () => {
    const world = new FakeWorld()
    const input = await started(create(world, {}))
    send(input, 'one\ntwo').end()
    await eventually(() => expect(world.messages).toEqual(['one', 'two']))
    await eventually(() => expect(input.status()['connections']).toBe(0))
    expect(world.delivered[0]?.context).toMatchObject({ source: { address: '127.0.0.1' } })
  })

  test('client certificates, asked for and required', async () => {
    const world = new FakeWorld()
    const tls = { ca: file('client.pem'), client_auth: 'require' }
    const input = await started(create(world, tls))
    send(input, 'nobody\n')
    send(input, 'stranger\n', credentials('stranger'))
    await eventually(() => expect(world.count('tls_failed')).toBe(2))
    send(input, 'client\n', credentials('client'))
    await eventually(() => expect(world.messages).toEqual(['client']))
    await eventually(() => expect(input.status()['connections']).toBe(1))
  })

  test('a plain client, an old version and a silent one are refused', async () => {
    const world = new FakeWorld()
    const tls = { min_version: '1.3', handshake_timeout: '50ms' }
    const input = await started(create(world, tls))
    const plain = connectPlain(portOf(input), '127.0.0.1')
    plain.on('error', () => undefined)
    plain.write('hello in the clear\n')
    send(input, 'old\n', { maxVersion: 'TLSv1.2' })
    connectPlain(portOf(input), '127.0.0.1').on('error', () => undefined)
    await eventually(() => expect(world.count('tls_failed')).toBe(3))
    await eventually(() => expect(input.status()['connections']).toBe(0))
    expect(world.messages).toEqual([])
    expect(world.warnings.join()).toContain('TLS handshake failed')
  })

  test('one that sent is no silent one when room is needed', async () => {
    const world = new FakeWorld()
    const input = await started(create(world, {}, { max_connections: 1 }))
    const talking = send(input, 'a\n')
    await eventually(() => expect(world.messages).toEqual(['a']))
    send(input, 'refused\n')
    await eventually(() => expect(world.count('connection_refused')).toBe(1))
    talking.write('b\n')
    await eventually(() => expect(world.messages).toEqual(['a', 'b']))
  })

  test('renewed files are taken over for new connections, bad ones refused before anything changes', async () => {
    const world = new FakeWorld()
    const names = { cert: file('renewed.pem'), key: file('renewed.key') }
    const put = (name: string) => {
      for (const end of ['pem', 'key']) copyFileSync(file(`${name}.${end}`), file(`renewed.${end}`))
    }
    put('server')
    const input = await started(create(world, names))
    const config = inputs.schema.parse({ type: 'tcp', listen: '127.0.0.1:0', tls: names })
    const shown = async () => {
      const socket = send(input, '', { rejectUnauthorized: false })
      await once(socket, 'secureConnect')
      return socket.getPeerCertificate().subject.CN
    }
    expect(await shown()).toBe('server')
    put('client')
    input.adopt!(config)!()
    expect(await shown()).toBe('client')
    writeFileSync(names.cert, 'garbage')
    expect(() => input.adopt!(config)).toThrow('renewed.pem')
    expect(await shown()).toBe('client')
  })

  test('files that cannot be used are a config error that names them', async () => {
    const world = new FakeWorld()
    await expect(create(world, { cert: file('missing.pem') })).rejects.toThrow(
      /tls\.cert: .*missing\.pem/,
    )
    await expect(create(world, { key: file('client.key') })).rejects.toThrow(
      /tls\.key .*client\.key/,
    )
    await expect(create(world, { client_auth: 'require' })).rejects.toThrow('tls.ca')
  })
})
