import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { waitFor, type Program } from '../peers/process.ts'
import { WeirFolder } from '../peers/weir_folder.ts'
import { request } from './socket_request.ts'
import { SmallDisk } from './small_disk.ts'

let weir: WeirFolder
let disk: SmallDisk | undefined
let program: Program | undefined

afterEach(async () => {
  await program?.end('SIGKILL')
  disk?.unmount()
  weir.remove()
})

const socket = () => join(weir.path, 'http.sock')
const log = () => readFileSync(join(weir.path, 'weir.log'), 'utf8')
/** Fails at once when Weir ends meanwhile. */
const until = (what: string, condition: () => Promise<boolean>) =>
  waitFor(what, async () => {
    if (program?.exited) throw new Error(`Weir ended: ${log()}`)
    return await condition()
  })
const post = async (message: string) => {
  const answer = await request(socket(), '/in/app', { message }).catch(() => undefined)
  return answer?.status === 200
}
const search = () => request(socket(), '/es/logs-app-default/_search', { size: 10 })

async function messages(): Promise<string[]> {
  const { status, body } = await search()
  if (status !== 200) return []
  const { hits } = JSON.parse(body) as { hits: { hits: { _source: { message: string } }[] } }
  return hits.hits.map(({ _source }) => _source.message).toSorted()
}

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'a full disk keeps no Weir from starting after a %s, and the store opens once there is room',
  async (signal) => {
    weir = new WeirFolder('full-start')
    mkdirSync(weir.data)
    disk = SmallDisk.mount(weir.data, '24m')
    if (!disk) return
    // With everything that keeps data, metrics too.
    weir.configure('statsd: { listen: [], console: { listen: [] } }\n')
    program = weir.start()
    await until('Weir to take events', () => post('before'))
    await program.end(signal)

    disk.fill()
    program = weir.start()
    const refused = async () => (await search().catch(() => undefined))?.status === 503
    await until('the store to say why it is not open', refused)
    const { error } = JSON.parse((await search()).body) as { error: { type: string } }
    expect(error.type).toBe('cluster_block_exception')

    disk.free()
    await until('Weir to take events again', () => post('after'))
    await until('both events', async () => (await messages()).join() === 'after,before')
  },
)
