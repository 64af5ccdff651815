import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { text004 } from '../../../core/exposition/formats.ts'
import { hostFields } from '../../../statsd/host/config.ts'
import { DottedValues } from '../../../statsd/host/dotted.ts'
import { familiesOf, type Measured } from '../../../statsd/host/measured.ts'
import { Readings } from '../../../statsd/host/readings.ts'

let machine: string
beforeEach(() => {
  machine = mkdtempSync(join(tmpdir(), 'weir-host-'))
  cpSync(join(import.meta.dirname, 'machine'), machine, { recursive: true })
})
afterEach(() => rmSync(machine, { recursive: true }))

const readingsOf = (options: object = {}) => {
  const config = hostFields.host.parse({ proc: `${machine}/proc`, root: machine, ...options })
  return new Readings(config, { now: () => 1_700_000_600_000, pid: 42 })
}

const keyOf = ({ name, labels }: Measured) =>
  name +
  Object.entries(labels)
    .map(([label, value]) => `;${label}=${value}`)
    .join('')
const valuesOf = (measured: readonly Measured[]) =>
  Object.fromEntries(measured.map((each) => [keyOf(each), each.value]))

/** As `/proc/<pid>/stat` and `status` have it. */
const writeProcess = (pid: number, name: string, ticks: number, started: number, user: number) => {
  const stat = `${pid} (${name}) S 0 0 0 0 -1 0 0 0 0 0 ${ticks} 0 0 0 20 0 1 0 ${started} 4096 1 0\n`
  cpSync(`${machine}/proc/42`, `${machine}/proc/${pid}`, { recursive: true })
  writeFileSync(`${machine}/proc/${pid}/stat`, stat)
  writeFileSync(`${machine}/proc/${pid}/status`, `Uid:\t0\t${user}\t0\t0\n`)
}

test('everything of a machine, as node_exporter names it', async () => {
  const measured = await readingsOf().read()
  // Space is that of the machine that runs the test.
  const steady = measured.filter(({ name }) => !/^node_filesystem_(?!readonly)/.test(name))
  const others = steady.filter(({ labels }) => !('machine' in labels))
  const text = [...text004.write(familiesOf(others))].join('').replace(/^# HELP.*\n/gm, '')
  await expect(text).toMatchFileSnapshot('machine.txt')
  expect(valuesOf(measured)).toMatchObject({
    'node_filesystem_size_bytes;device=/dev/vda;fstype=ext4;mountpoint=/': expect.any(Number),
    'node_filesystem_device_error;device=/dev/vdb;fstype=ext4;mountpoint=/srv/with blank': 0,
  })
})

test('a kernel that lacks files has less, and nothing fails', async () => {
  rmSync(`${machine}/proc`, { recursive: true })
  const measured = await readingsOf().read()
  expect(measured.map(({ name }) => name)).toEqual(['node_time_seconds'])
  expect(new DottedValues().of(measured, 0)).toEqual([])
})

test('files that are not as they should be fail nothing', async () => {
  for (const name of [
    'stat',
    'meminfo',
    'diskstats',
    'net/dev',
    'net/snmp',
    'net/sockstat',
    '42/stat',
  ]) {
    writeFileSync(`${machine}/proc/${name}`, '\u0000) x:\n:\n  1 2\nTcp: a\ncpu0\nface|x\n')
  }
  writeFileSync(`${machine}/proc/1/mounts`, 'x\n\n/dev/x /gone\\040 ext4\n')
  const text = [...text004.write(familiesOf(await readingsOf().read()))].join('')
  expect(text).not.toContain('NaN')
  expect(text).toContain('node_load1 4.26')
})

test('what the config leaves out', async () => {
  const measured = await readingsOf({
    exclude_disks: 'vda|loop',
    exclude_interfaces: '^lo$',
    exclude_mounts: '^/srv',
    exclude_filesystem_types: 'tmpfs|proc',
    processes: false,
  }).read()
  const labelled = (label: string) => new Set(measured.flatMap(({ labels }) => labels[label] ?? []))
  expect([...labelled('device')].toSorted()).toEqual(['/dev/vda', '/dev/vdc', 'eth0', 'nvme0n1'])
  expect([...labelled('groupname')]).toEqual([])
  const most = await readingsOf({ max_devices: 1, exclude_disks: '^$' }).read()
  expect(most.filter(({ name }) => name === 'node_disk_io_now')).toHaveLength(1)
})

test('processes: a group keeps counting while its processes come and go', async () => {
  const readings = readingsOf()
  const of = async (name: string, group: string) =>
    valuesOf(await readings.read())[`${name};${group}`]
  const cpu = 'namedprocess_namegroup_cpu_seconds_total'
  const group = 'groupname=job;username=www-data;mode=user'
  // What there was before Weir does not count; what starts later does from its start.
  writeProcess(100, 'job', 1000, 1, 33)
  expect(await of(cpu, group)).toBe(0)
  writeProcess(100, 'job', 1100, 1, 33)
  writeProcess(101, 'job', 50, 2, 33)
  expect(await of(cpu, group)).toBe(1.5)
  rmSync(`${machine}/proc/101`, { recursive: true })
  // The same id, another process.
  writeProcess(100, 'job', 30, 3, 33)
  expect(await of(cpu, group)).toBe(1.8)
})

test('processes: who changes user moves; names beyond the most are others', async () => {
  const readings = readingsOf({ max_process_groups: 4 })
  await readings.read()
  writeProcess(100, 'late', 0, 1, 0)
  writeProcess(101, 'later', 0, 1, 12345)
  const values = valuesOf(await readings.read())
  expect(values['namedprocess_namegroup_num_procs;groupname=late;username=root']).toBe(1)
  expect(values['namedprocess_namegroup_num_procs;groupname=other;username=other']).toBe(1)
  writeProcess(100, 'late', 0, 1, 33)
  const moved = valuesOf(await readings.read())
  expect(moved['namedprocess_namegroup_num_procs;groupname=late;username=root']).toBe(0)
  expect(moved['namedprocess_namegroup_num_procs;groupname=other;username=other']).toBe(2)
})

test('dotted names: rates a second, percent of all processors, tags', async () => {
  const readings = readingsOf()
  const dotted = new DottedValues()
  const first = dotted.of(await readings.read(), 1000)
  expect(first.some(({ name }) => name.startsWith('host.cpu.'))).toBe(false)
  const change = (file: string, from: string, to: string) => {
    const text = readFileSync(`${machine}/proc/${file}`, 'utf8')
    writeFileSync(`${machine}/proc/${file}`, text.replace(from, to))
  }
  // 5 s of 10 s on one of two processors.
  change('stat', 'cpu0 100', 'cpu0 600')
  change('stat', 'ctxt 99516334', 'ctxt 99516434')
  change('diskstats', 'vda 2856264 194418 101854290', 'vda 2856264 194418 101854300')
  change('net/snmp', '6 38202 420', '9 5 420')
  const values = Object.fromEntries(
    dotted
      .of(await readings.read(), 11_000)
      .map(({ name, tags, value }) => [
        name + tags.map(([key, of]) => `;${key}=${of}`).join(''),
        value,
      ]),
  )
  expect(values).toMatchObject({
    'host.cpu.user': 25,
    'host.cpu.idle': 0,
    'host.load.1m': 4.26,
    'host.memory.total': 24684084 * 1024,
    'host.kernel.context_switches': 10,
    'host.disk.read_bytes;device=vda': 512,
    'host.network.received_bytes;device=eth0': 0,
    'host.filesystem.size;mount=/': expect.any(Number),
    'host.process.memory;process=nginx: (a) b;user=www-data': 750 * 4096,
    'host.weir.memory': 500 * 4096,
    // A gauge among the counters of its file.
    'host.tcp.established': 9,
  })
  // It fell, so it began anew: no rate.
  expect(values['host.tcp.retransmitted']).toBeUndefined()
})
