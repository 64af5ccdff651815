import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { inputs } from '../../collector/inputs/all.ts'
import { FakeWorld, started } from '../collector/inputs/fake_context.ts'
import { eventually } from '../eventually.ts'

test.each([
  ['below the limit', 6000],
  ['beyond the limit', 1000],
])('5,000 connections that send nothing do not keep others out, %s', async (_name, limit) => {
  const world = new FakeWorld()
  const config = { type: 'tcp', listen: '127.0.0.1:0', max_connections: limit }
  const input = await started(inputs.create(inputs.schema.parse(config), world.context))
  const port = Number(/:(\d+)$/.exec((input.status()['listen'] as string[])[0]!)![1])
  const sockets: Socket[] = []
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
  })
  const open = async () => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    sockets.push(socket)
    await once(socket, 'connect')
    return socket
  }
  const before = process.memoryUsage.rss()
  const good = await open()
  good.write('first\n')
  await eventually(() => expect(world.messages).toEqual(['first']))
  for (let i = 0; i < 5000; i += 100) await Promise.all(Array.from({ length: 100 }, open))
  const late = await open()
  late.write('late\n')
  good.write('second\n')
  await eventually(() => expect(world.messages.toSorted()).toEqual(['first', 'late', 'second']))
  expect(input.status()['connections']).toBeLessThanOrEqual(limit)
  const grownMB = (process.memoryUsage.rss() - before) / 1e6
  console.log(`5,000 silent connections, both ends in this process: ${grownMB.toFixed(0)} MB`)
})
