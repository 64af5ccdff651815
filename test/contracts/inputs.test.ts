/** docs/CONTRACTS.md, Input: over every input there is. */
import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Input } from '../../collector/input.ts'
import { inputs } from '../../collector/inputs/all.ts'
import { createStdin } from '../../collector/inputs/stdin/stdin_input.ts'
import { FakeWorld } from '../collector/inputs/fake_context.ts'
import { eventually } from '../eventually.ts'

/** An input at work: how to give it a line, and what its sender has heard, where it hears anything. */
interface Stage {
  readonly input: Input
  /** Gives it a line; harmless when the input no longer listens. */
  feed(line: string): Promise<void> | void
  /** Lines whose sender was told that they are taken; undefined where nobody is told. */
  acknowledged?(): readonly string[]
}

const portOf = (input: Input) => {
  const [listening = ':0'] = input.status()['listen'] as string[]
  return Number(/:(\d+)$/.exec(listening)?.[1])
}

const temporaryFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-contract-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

const create = (world: FakeWorld, config: Record<string, unknown>) =>
  inputs.create(inputs.schema.parse(config), world.context)

const overSocket = (input: Input, target: () => { port: number } | { path: string }): Stage => ({
  input,
  feed(line) {
    const where = target()
    if ('port' in where && !(where.port > 0)) return
    const socket = connect(where)
    socket.on('error', () => undefined)
    socket.end(`${line}\n`)
  },
})

const stages: Record<string, (world: FakeWorld) => Stage | Promise<Stage>> = {
  async http(world) {
    const input = await create(world, { type: 'http' })
    const acknowledged: string[] = []
    return {
      input,
      feed(line) {
        const body = Buffer.from(line)
        const request = {
          tag: 'a',
          contentType: 'text/plain',
          contentEncoding: '',
          remoteAddress: '',
        }
        void input.receive!({ ...request, body }).then(({ status }) => {
          if (status === 200) acknowledged.push(line)
        })
      },
      acknowledged: () => acknowledged,
    }
  },
  stdin(world) {
    const stream = new PassThrough()
    const config = inputs.schema.parse({ type: 'stdin' }) as unknown
    const given = { ...(config as Parameters<typeof createStdin>[0]), tag: 'stdin' }
    const input = createStdin(given, world.context, () => stream)
    return { input, feed: (line) => void (stream.destroyed || stream.write(`${line}\n`)) }
  },
  async tail(world) {
    const path = join(temporaryFolder(), 'a.log')
    const input = await create(world, { type: 'tail', paths: [path], poll_interval: '10ms' })
    appendFileSync(path, '')
    return { input, feed: (line) => appendFileSync(path, `${line}\n`) }
  },
  async tcp(world) {
    const input = await create(world, { type: 'tcp', listen: '127.0.0.1:0' })
    return overSocket(input, () => ({ port: portOf(input) }))
  },
  async udp(world) {
    const input = await create(world, { type: 'udp', listen: '127.0.0.1:0' })
    const socket = createSocket('udp4')
    onTestFinished(() => void socket.close())
    return {
      input,
      feed(line) {
        const port = portOf(input)
        if (port > 0) socket.send(line, port, '127.0.0.1')
      },
    }
  },
  async unix(world) {
    const path = join(temporaryFolder(), 'a.sock')
    return overSocket(await create(world, { type: 'unix', path }), () => ({ path }))
  },
}

const soon = () => AbortSignal.timeout(5000)

describe.each(inputs.types)('input %s', (type) => {
  const stageFor = async (world: FakeWorld): Promise<Stage> => {
    const make = stages[type]
    if (!make) throw new Error(`add a stage for the input ${type} to test/contracts/inputs.test.ts`)
    const stage = await make(world)
    onTestFinished(async () => {
      world.release()
      await stage.input.stop(soon())
    })
    return stage
  }

  test('stop is safe without start, and twice', async () => {
    const { input } = await stageFor(new FakeWorld())
    await input.stop(soon())
    await input.stop(soon())
  })

  test('delivers what it is given, counts it, and says how it is', async () => {
    const world = new FakeWorld()
    const { input, feed } = await stageFor(world)
    await input.start()
    await feed('one')
    await eventually(() => expect(world.messages).toEqual(['one']))
    expect(await world.metric('weir_events_received_total')).toBe(1)
    expect(await world.metric('weir_bytes_received_total')).toBeGreaterThanOrEqual(3)
    expect(JSON.parse(JSON.stringify(input.status()))).toEqual(input.status())
    await input.stop(soon())
    await input.stop(soon())
  })

  test('delivers nothing more once stop has resolved, and by then all is settled', async () => {
    const world = new FakeWorld()
    const { input, feed } = await stageFor(world)
    await input.start()
    world.holds = true
    await feed('one')
    await eventually(() => expect(world.unsettled).toBe(1))
    const stopping = input.stop(soon())
    setTimeout(() => world.release(), 20)
    await stopping
    expect(world.unsettled).toBe(0)
    const before = world.delivered.length
    await feed('two')
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(world.delivered).toHaveLength(before)
  })

  test('stop gives up a delivery that does not settle, at the deadline', async () => {
    const world = new FakeWorld()
    const { input, feed } = await stageFor(world)
    await input.start()
    world.holds = true
    await feed('one')
    await eventually(() => expect(world.unsettled).toBe(1))
    await input.stop(AbortSignal.timeout(50))
    expect(world.unsettled).toBe(1)
  })

  test('what could not be delivered is never acknowledged: it is told, counted or kept', async () => {
    const world = new FakeWorld()
    const { input, feed, acknowledged } = await stageFor(world)
    await input.start()
    world.failure = new Error('the journal is closed')
    await feed('one')
    await eventually(() => expect(world.delivered.length).toBeGreaterThan(0))
    await input.stop(soon())
    if (acknowledged) expect(acknowledged()).toEqual([])
    // A file stays where it is and its position in the journal did not move.
    else if (type !== 'tail') expect(world.count('stopped')).toBe(1)
  })
})

test('stdin is a pipe, a file or nothing, in a worker thread too', async () => {
  const run = async (stdin: 'pipe' | 'ignore', text: string) => {
    const script = join(import.meta.dirname, 'stdin_reader.ts')
    const child = spawn(process.execPath, [script], { stdio: [stdin, 'pipe', 'inherit'] })
    child.stdin?.end(text)
    let output = ''
    child.stdout!.on('data', (bytes: Buffer) => (output += bytes.toString()))
    await new Promise((resolve) => child.once('close', resolve))
    return output
  }
  expect(await run('pipe', 'one\ntwo')).toBe('one\ntwo\n')
  expect(await run('ignore', '')).toBe('')
})
