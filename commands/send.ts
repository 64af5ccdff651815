import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import { systemClock } from '../core/clock.ts'
import { WeirError } from '../core/errors.ts'
import { callControl } from '../core/control.ts'
import type { ShownProject } from '../errors/projects/operations.ts'
import { dataFolderFor, type ConfigOptions } from './load_config.ts'
import { demoErrors } from './send/demo_errors.ts'
import { envelopeOf, parseDsn } from './send/envelope.ts'
import { wholeNumber } from './journal.ts'
import type { World } from './world.ts'

export function registerSend(program: Command, world: World): void {
  const send = program
    .command('send')
    .description('send something to a running Weir, to see it work')
  send
    .command('demo')
    .description('send a realistic set of examples')
    .requiredOption('--errors', 'error reports: several issues, languages, releases and users')
    .option('--dsn <url>', 'where to; without it to a project of the Weir that runs here')
    .option(
      '-p, --project <name>',
      'of the Weir that runs here; it is made if there is none',
      'demo',
    )
    .option('--events <number>', 'how many', wholeNumber, 60)
    .addHelpText(
      'before',
      `Examples:
  weir send demo --errors
  weir send demo --errors --dsn http://3f2a…@127.0.0.1:4400/1 --events 500
then: weir errors ls
`,
    )
    .action(async (_options, command: Command) => {
      const options = command.opts<SendOptions>()
      const dsn = options.dsn ?? (await dsnOfProject(world, command, options.project))
      await sendErrors(world, dsn, options.events)
    })
}

interface SendOptions {
  readonly dsn?: string
  readonly project: string
  readonly events: number
}

/** The DSN of a project of the running Weir. @throws WeirError WEIR_NOT_RUNNING */
async function dsnOfProject(world: World, command: Command, slug: string): Promise<string> {
  const folder = await dataFolderFor(world, command.optsWithGlobals<ConfigOptions>())
  const find = async () => {
    for await (const item of callControl(folder, 'project.ls', {})) {
      const project = item as ShownProject
      if (project.slug === slug) return project
    }
    return undefined
  }
  let project = await find()
  if (!project) {
    for await (const item of callControl(folder, 'project.add', { slug }))
      project = item as ShownProject
    world.stderr.write(`project ${slug} is made\n`)
  }
  const key = project?.keys.find(({ disabled }) => !disabled)
  if (!key)
    throw new WeirError('WEIR_REQUEST_INVALID', `every key of the project ${slug} is disabled`)
  return key.dsn
}

async function sendErrors(world: World, dsn: string, count: number): Promise<void> {
  const { url, auth } = parseDsn(dsn)
  const nowMs = systemClock.now()
  const id = () => randomBytes(16).toString('hex')
  for (const event of demoErrors(count, nowMs, id)) {
    const body = envelopeOf(event, nowMs)
    const headers = { 'content-type': 'application/x-sentry-envelope', 'x-sentry-auth': auth }
    const answer = await fetch(url, { method: 'POST', headers, body }).catch((failure: unknown) => {
      const text = `nothing answers at ${url}: start Weir, or name another --dsn`
      throw new WeirError('WEIR_OUTPUT_UNAVAILABLE', text, { cause: failure })
    })
    const said = await answer.text()
    if (answer.status !== 200) {
      throw new WeirError(
        'WEIR_OUTPUT_REFUSED',
        `${url} answered ${answer.status}: ${said.slice(0, 500)}`,
      )
    }
  }
  world.stderr.write(
    `${count} events are sent to ${url.replace(/\/api\/.*/, '')}; look at them: weir errors ls\n`,
  )
}
