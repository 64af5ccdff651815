import { expect, test } from 'vitest'
import { KernelDrops, parseUdpTable } from '../../../core/listen/kernel_drops.ts'

const head =
  '   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops             '
const row = (port: string, inode: number, drops: number) =>
  ` 4660: 00000000:${port} 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 ${inode} 2 ffff8c1d00000000 ${drops}         `

test('the table of UDP sockets', () => {
  expect(parseUdpTable([head, row('1428', 77, 5), ' 1: nonsense', ''].join('\n'))).toEqual([
    { inode: '77', port: 0x1428, drops: 5 },
  ])
})

test('drops since the last look, of our ports and over all their sockets', async () => {
  let tables: string[] = []
  const drops = new KernelDrops(() => Promise.resolve(tables))
  const ports = new Set([0x1428])
  tables = [[head, row('1428', 77, 5), row('9999', 78, 100)].join('\n')]
  expect(await drops.since(ports)).toBe(5)
  tables = [[head, row('1428', 77, 7)].join('\n'), [head, row('1428', 80, 1)].join('\n')]
  expect(await drops.since(ports)).toBe(3)
  expect(await drops.since(ports)).toBe(0)
})
