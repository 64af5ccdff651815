import { InvalidArgumentError, Option, type Command } from 'commander'
import { systemClock } from '../core/clock.ts'
import { WeirError } from '../core/errors.ts'
import type { JsonRecord, JsonValue } from '../store/search.ts'
import { eventText } from './errors/event_text.ts'
import { explainText } from './errors/explain_text.ts'
import { issueTable, issueText } from './errors/issue_text.ts'
import { askWeb, part } from './errors/web.ts'
import { wholeNumber } from './journal.ts'
import { writeLine, type World } from './world.ts'

export function registerErrors(program: Command, world: World): void {
  const errors = program
    .command('errors')
    .description('issues and events of error reports in a running Weir')
    .addHelpText(
      'before',
      `Examples:
  weir errors ls                                    unresolved issues, the last seen first
  weir errors ls 'level:fatal release:shop@1.*' --sort freq
  weir errors show SHOP-1A                          an issue and its newest event
  weir errors show 9999aaaaca8b46d797c23c6077c6ff01 an event, by its id
  weir errors resolve SHOP-1A SHOP-2 --in-next-release
  weir errors archive SHOP-3 --until-events 100     until it happens 100 times more
  weir errors explain 9999aaaaca8b46d797c23c6077c6ff01
The language of searches: docs/ERRORS_API.md
`,
    )
  addLs(errors, world)
  addShow(errors, world)
  addExplain(errors, world)
  addStatusChanges(errors, world)
  addOtherChanges(errors, world)
}

interface JsonOption {
  readonly json?: true
}

function addLs(errors: Command, world: World): void {
  errors
    .command('ls')
    .description('list issues')
    .argument('[query]', 'what to look for', 'is:unresolved')
    .option('-p, --project <name...>', 'of these projects only')
    .option('-e, --environment <name...>', 'that happened there')
    .option('--sort <order>', 'date, new, freq, user or priority', 'date')
    .option('--period <time>', 'seen within it, such as 24h or 14d')
    .option('-n, --limit <number>', 'at most so many', wholeNumber, 50)
    .option('--json', 'as NDJSON')
    .addHelpText(
      'before',
      `Examples:\n  weir errors ls\n  weir errors ls 'is:regressed' --period 24h --json | jq .title\n`,
    )
    .action(async (query: string, _options, command: Command) => {
      const options = command.opts<ListOptions>()
      const asked = new URLSearchParams({ query, sort: options.sort, limit: String(options.limit) })
      for (const name of options.project ?? []) asked.append('project', name)
      for (const name of options.environment ?? []) asked.append('environment', name)
      if (options.period !== undefined) asked.set('statsPeriod', options.period)
      const reply = await askWeb(world, command, 'GET', `/organizations/weir/issues/?${asked}`)
      const issues = reply.body as JsonRecord[]
      if (reply.incomplete !== undefined) world.stderr.write(`incomplete: ${reply.incomplete}\n`)
      if (options.json)
        for (const issue of issues) await writeLine(world.stdout, JSON.stringify(issue))
      else if (issues.length === 0) world.stderr.write('no issue fits\n')
      else await writeLine(world.stdout, issueTable(issues, nowMs()))
      if (/rel="next"; results="true"/.test(reply.link ?? '')) {
        world.stderr.write(`there are more: --limit shows more than ${options.limit}\n`)
      }
    })
}

interface ListOptions extends JsonOption {
  readonly project?: readonly string[]
  readonly environment?: readonly string[]
  readonly sort: string
  readonly period?: string
  readonly limit: number
}

const isEventId = (text: string): boolean => /^[0-9a-f]{32}$/i.test(text.replaceAll('-', ''))

function addShow(errors: Command, world: World): void {
  errors
    .command('show')
    .description('an issue with its newest event, or an event')
    .argument('<issue-or-event>', 'SHOP-1A, a number, or the 32 characters of an event')
    .option('--json', 'as JSON')
    .addHelpText(
      'before',
      `Examples:\n  weir errors show SHOP-1A\n  weir errors show SHOP-1A --json | jq .event.entries\n`,
    )
    .action(async (name: string, _options, command: Command) => {
      const { json } = command.opts<JsonOption>()
      const print = (value: JsonValue, people: () => string) =>
        writeLine(world.stdout, json ? JSON.stringify(value) : people())
      if (isEventId(name)) {
        const found = await askWeb(
          world,
          command,
          'GET',
          `/organizations/weir/eventids/${part(name)}/`,
        )
        const { event } = found.body as { event: JsonRecord }
        return await print(event, () => eventText(event))
      }
      const ask = async (path: string) =>
        (await askWeb(world, command, 'GET', `/issues/${part(name)}/${path}`)).body
      const issue = (await ask('')) as JsonRecord
      const tags = (await ask('tags/')) as JsonRecord[]
      const event = (await ask('events/latest/')) as JsonRecord
      await print(
        { ...issue, tags, event },
        () => `${issueText(issue, tags, nowMs())}\n\n${eventText(event)}`,
      )
    })
}

function addExplain(errors: Command, world: World): void {
  errors
    .command('explain')
    .description(
      'why an event is in its issue, why frames are not mapped, what was removed, why it is kept',
    )
    .argument('<event>', 'the 32 characters of its id')
    .option('--json', 'as JSON')
    .addHelpText('before', `Examples:\n  weir errors explain 9999aaaaca8b46d797c23c6077c6ff01\n`)
    .action(async (id: string, _options, command: Command) => {
      const { json } = command.opts<JsonOption>()
      const found = await askWeb(world, command, 'GET', `/organizations/weir/eventids/${part(id)}/`)
      const { projectSlug, eventId } = found.body as { projectSlug: string; eventId: string }
      const path = `/projects/weir/${part(projectSlug)}/events/${eventId}/explain/`
      const { body } = await askWeb(world, command, 'GET', path)
      await writeLine(world.stdout, json ? JSON.stringify(body) : explainText(body as JsonRecord))
    })
}

/** Changes issues, and says what became of them; false when there are none of them. */
async function change(
  world: World,
  command: Command,
  issues: readonly string[],
  body: JsonRecord,
): Promise<boolean> {
  const ids = issues.map((issue) => `id=${part(issue)}`).join('&')
  const reply = await askWeb(world, command, 'PUT', `/organizations/weir/issues/?${ids}`, body)
  if (reply.status === 204) {
    world.stderr.write('no issue fits\n')
    world.setExitCode(1)
    return false
  }
  if (command.opts<JsonOption>().json) await writeLine(world.stdout, JSON.stringify(reply.body))
  else world.stderr.write(`${issues.join(', ')}: done\n`)
  return true
}

/** A release may be named before anything of it arrives; that it is not there yet may as well be a slip. */
async function isRelease(world: World, command: Command, version: string): Promise<boolean> {
  try {
    await askWeb(world, command, 'GET', `/organizations/weir/releases/${part(version)}/`)
    return true
  } catch (failure) {
    if (failure instanceof WeirError && failure.code === 'WEIR_REQUEST_INVALID') return false
    throw failure
  }
}

function commitId(text: string): string {
  if (/^[0-9a-zA-Z]{4,64}$/.test(text)) return text
  throw new InvalidArgumentError('The id of a commit has 4 to 64 letters and digits.')
}

function numberAboveZero(text: string): number {
  const number = wholeNumber(text)
  if (number > 0) return number
  throw new InvalidArgumentError('It has to be a whole number above 0.')
}

const issueArgument = ['<issue...>', 'such as SHOP-1A, or their numbers'] as const

function addStatusChanges(errors: Command, world: World): void {
  errors
    .command('resolve')
    .description('mark issues as resolved; they come back when they happen again')
    .argument(...issueArgument)
    .addOption(
      new Option('--in-next-release', 'with the next release').conflicts(['inRelease', 'inCommit']),
    )
    .addOption(
      new Option('--in-release <version>', 'with this release, or `latest`').conflicts('inCommit'),
    )
    .option('--in-commit <id>', 'with the release that has this commit', commitId)
    .option('--json', 'as JSON')
    .addHelpText(
      'before',
      `Examples:\n  weir errors resolve SHOP-1A\n  weir errors resolve SHOP-1A --in-release shop@1.3.0\n`,
    )
    .action(async (issues: string[], _options, command: Command) => {
      const options = command.opts<{
        inNextRelease?: true
        inRelease?: string
        inCommit?: string
      }>()
      const statusDetails: JsonRecord = {
        ...(options.inNextRelease && { inNextRelease: true }),
        ...(options.inRelease !== undefined && { inRelease: options.inRelease }),
        ...(options.inCommit !== undefined && { inCommit: { commit: options.inCommit } }),
      }
      const isDone = await change(world, command, issues, { status: 'resolved', statusDetails })
      const { inRelease } = options
      if (!isDone || inRelease === undefined || inRelease === 'latest') return
      if (await isRelease(world, command, inRelease)) return
      world.stderr.write(`no release "${inRelease}" is known yet\n`)
    })
  errors
    .command('unresolve')
    .description('mark issues as unresolved')
    .argument(...issueArgument)
    .option('--json', 'as JSON')
    .action(async (issues: string[], _options, command: Command) => {
      await change(world, command, issues, { status: 'unresolved' })
    })
  errors
    .command('archive')
    .description('take issues out of sight: for ever, or until something happens')
    .argument(...issueArgument)
    .option('--until-events <number>', 'until it happens so often again', numberAboveZero)
    .option('--until-users <number>', 'until so many more users have it', numberAboveZero)
    .option('--for <minutes>', 'for so long', numberAboveZero)
    .option('--until-escalating', 'until it happens far more often than it did')
    .option('--json', 'as JSON')
    .addHelpText(
      'before',
      `Examples:\n  weir errors archive SHOP-1A\n  weir errors archive SHOP-1A --until-users 10\n`,
    )
    .action(async (issues: string[], _options, command: Command) => {
      const options = command.opts<ArchiveOptions>()
      const { untilEvents, untilUsers, for: minutes, untilEscalating } = options
      const statusDetails: JsonRecord = {
        ...(untilEvents !== undefined && { ignoreCount: untilEvents }),
        ...(untilUsers !== undefined && { ignoreUserCount: untilUsers }),
        ...(minutes !== undefined && { ignoreDuration: minutes }),
      }
      const substatus = untilEscalating ? { substatus: 'archived_until_escalating' } : {}
      await change(world, command, issues, { status: 'ignored', statusDetails, ...substatus })
    })
}

interface ArchiveOptions {
  readonly untilEvents?: number
  readonly untilUsers?: number
  readonly for?: number
  readonly untilEscalating?: true
}

function addOtherChanges(errors: Command, world: World): void {
  errors
    .command('merge')
    .description('make one issue of several')
    .argument(...issueArgument)
    .option('--json', 'as JSON')
    .action(async (issues: string[], _options, command: Command) => {
      await change(world, command, issues, { merge: 1 })
    })
  errors
    .command('assign')
    .description('assign an issue to somebody, or with - to nobody')
    .argument('<issue>', 'such as SHOP-1A')
    .argument('<who>', 'a name or an email address; -: nobody')
    .option('--json', 'as JSON')
    .action(async (issue: string, who: string, _options, command: Command) => {
      await change(world, command, [issue], { assignedTo: who === '-' ? '' : who })
    })
  errors
    .command('comment')
    .description('write a comment to an issue')
    .argument('<issue>', 'such as SHOP-1A')
    .argument('<text...>', 'what to say')
    .option('--json', 'as JSON')
    .action(async (issue: string, words: string[], _options, command: Command) => {
      const { body } = await askWeb(world, command, 'POST', `/issues/${part(issue)}/comments/`, {
        text: words.join(' '),
      })
      if (command.opts<JsonOption>().json) await writeLine(world.stdout, JSON.stringify(body))
      else world.stderr.write(`${issue}: done\n`)
    })
}

const nowMs = (): number => systemClock.now()
