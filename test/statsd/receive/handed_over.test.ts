import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { HandedOver } from '../../../statsd/receive/handed_over.ts'

function openFiles() {
  const folder = mkdtempSync(join(tmpdir(), 'weir-handed-over-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return (name: string) => openSync(join(folder, name), 'w')
}

test('what the thread did not take is closed, once', () => {
  const [handedOver, close] = [new HandedOver(), vi.fn<() => void>()]
  const fd = openFiles()('untaken')
  handedOver.add(fd, close)
  handedOver.closeRest()
  handedOver.closeRest()
  closeSync(fd)
  expect(close).toHaveBeenCalledTimes(1)
})

test('what the thread took and closed is left alone, whosever the descriptor is by now', () => {
  const [handedOver, close, open] = [new HandedOver(), vi.fn<() => void>(), openFiles()]
  const fds = ['one', 'two'].map(open)
  for (const fd of fds) handedOver.add(fd, close)
  for (const fd of fds) closeSync(fd)
  const another = open('another')
  expect(fds).toContain(another)
  handedOver.closeRest()
  closeSync(another)
  expect(close).not.toHaveBeenCalled()
})
