import { EventEmitter, once } from 'node:events'
import { mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { inputs } from '../../../collector/inputs/all.ts'
import { UnixDatagramInput } from '../../../collector/inputs/listen/unix_datagram.ts'
import { FakeWorld, started } from './fake_context.ts'
import { eventually } from '../../eventually.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-unix-'))
afterAll(() => rmSync(folder, { recursive: true }))
let sockets = 0
const newPath = () => join(folder, `${++sockets}.sock`)

const create = async (world: FakeWorld, config: Record<string, unknown>) =>
  await inputs.create(inputs.schema.parse({ type: 'unix', ...config }), world.context)

const send = (path: string, text: string) => {
  const socket = connect(path)
  socket.on('error', () => undefined)
  onTestFinished(() => void socket.destroy())
  socket.write(text)
  return socket
}

test('messages over connections, with the permissions asked for', async () => {
  const world = new FakeWorld()
  const path = newPath()
  const input = await started(create(world, { path, permissions: '0600', framing: 'nul' }))
  expect(statSync(path).mode & 0o777).toBe(0o600)
  send(path, 'a\0b\0').end('rest')
  await eventually(() => expect(world.messages).toEqual(['a', 'b', 'rest']))
  expect(input.status()['listen']).toEqual([`unix://${path}`])
  await input.stop(AbortSignal.timeout(20_000))
  expect(() => statSync(path)).toThrow('ENOENT')
})

test('a socket that nobody listens on any more is replaced', async () => {
  const path = newPath()
  // Out of the way when its server closes, so that it stays, as after kill -9.
  const server = createServer().listen(path)
  await once(server, 'listening')
  renameSync(path, `${path}.kept`)
  server.close()
  await once(server, 'close')
  renameSync(`${path}.kept`, path)
  const world = new FakeWorld()
  await started(create(world, { path }))
  send(path, 'fresh\n')
  await eventually(() => expect(world.messages).toEqual(['fresh']))
})

test('a socket that somebody listens on is left alone, and so is a file', async () => {
  const world = new FakeWorld()
  const path = newPath()
  await started(create(world, { path }))
  await expect(started(create(world, { path }))).rejects.toThrow(
    process.platform === 'linux' ? `(pid ${process.pid}) listens there` : 'another process',
  )
  send(path, 'still\n')
  await eventually(() => expect(world.messages).toEqual(['still']))
  const file = newPath()
  writeFileSync(file, 'precious')
  await expect(started(create(world, { path: file }))).rejects.toThrow(
    'something that is no socket',
  )
  expect(statSync(file).size).toBe(8)
})

test('a folder that does not exist is an error that names the path', async () => {
  const path = join(folder, 'missing', 'x.sock')
  await expect(started(create(new FakeWorld(), { path }))).rejects.toThrow(`unix://${path}`)
})

test('datagrams without the package that brings them are a config error', async () => {
  await expect(create(new FakeWorld(), { path: newPath(), mode: 'datagram' })).rejects.toThrow(
    /npm install node-unix-socket/,
  )
})

test('datagrams with it', async () => {
  class FakeSocket extends EventEmitter {
    bind(path: string) {
      writeFileSync(path, '')
    }
    close() {}
    setRecvBufferSize() {}
  }
  const socket = new FakeSocket()
  const world = new FakeWorld()
  const path = newPath()
  const config = {
    mode: 'datagram',
    path,
    permissions: '0660',
    framing: 'newline',
    max_message_size: 1000,
    long_messages: 'cut',
    max_pending_bytes: 1000,
  } as const
  await started(new UnixDatagramInput(config, world.context, () => () => socket))
  socket.emit('data', Buffer.from('one\ntwo'))
  await eventually(() => expect(world.messages).toEqual(['one', 'two']))
})

test('other options on the same path: connections go on', async () => {
  const world = new FakeWorld()
  const path = newPath()
  const input = await started(create(world, { path }))
  const socket = send(path, 'one\n')
  await eventually(() => expect(world.messages).toEqual(['one']))
  const parsed = (config: object) => inputs.schema.parse({ type: 'unix', ...config })
  input.adopt!(parsed({ path, tag: 'new' }))!()
  socket.write('two\n')
  await eventually(() => expect(world.messages).toEqual(['one', 'two']))
  expect(world.delivered.map(({ tag }) => tag)).toEqual(['unix', 'new'])
  for (const change of [{ path: newPath() }, { path, permissions: '0600' }]) {
    expect(input.adopt!(parsed(change))).toBeUndefined()
  }
})
