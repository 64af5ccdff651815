import { inspect } from 'node:util'
import { type ConsoleSeries, type Shown, shownKinds } from './series.ts'

/** What the console tells of the daemon. Times are seconds since the epoch. */
export interface ConsoleFacts {
  readonly startedSeconds: number
  readonly nowSeconds: number
  readonly lastMessageSeconds: number
  readonly badLines: number
  /** Of the backends: `graphite.last_flush`, … */
  readonly backends: Iterable<readonly [group: string, name: string, value: number]>
}

export interface ConsoleWorld {
  readonly series: ConsoleSeries
  facts(): Promise<ConsoleFacts>
  /** What `config` shows. */
  readonly config: Readonly<Record<string, unknown>>
  health: 'up' | 'down'
}

type Answer = (words: readonly string[], world: ConsoleWorld) => Promise<string>

const end = 'END\n\n'

/** The commands of Etsy's console, whose answers are to the letter those of stats.js and lib/mgmt_console.js. */
const commands: Readonly<Record<string, Answer>> = {
  help: async () =>
    'Commands: stats, counters, timers, gauges, delcounters, deltimers, delgauges, health, config, quit\n\n',
  config: async (_words, { config }) => configText(config),
  health: async ([word = ''], world) => {
    const wanted = word.toLowerCase()
    if (wanted === 'up' || wanted === 'down') world.health = wanted
    return `health: ${world.health}\n`
  },
  stats: async (_words, world) => statsText(await world.facts()),
  counters: shows('counters'),
  timers: shows('timers'),
  gauges: shows('gauges'),
  delcounters: deletes('counters'),
  deltimers: deletes('timers'),
  delgauges: deletes('gauges'),
}

/**
 * Answers one command.
 *
 * @returns undefined for `quit`.
 */
export async function answerCommand(
  line: string,
  world: ConsoleWorld,
): Promise<string | undefined> {
  const [command = '', ...words] = line.trim().split(' ')
  if (command === 'quit') return undefined
  const answer = Object.hasOwn(commands, command) ? commands[command] : undefined
  return answer ? await answer(words, world) : 'ERROR\n'
}

function shows(shown: Shown): Answer {
  return async (_words, { series }) => `${inspect(await series.all(shown))}\n${end}`
}

function deletes(shown: Shown): Answer {
  return async (words, { series }) => {
    let text = ''
    for (const bucket of words) {
      const deleted = await series.delete(shown, bucket)
      if (deleted.length === 0) text += `metric ${bucket} not found\n`
      for (const name of deleted) text += `deleted: ${name}\n`
    }
    return text + end
  }
}

function statsText(facts: ConsoleFacts): string {
  const { nowSeconds: now } = facts
  const rows: (readonly [string, string, number])[] = [
    ['messages', 'last_msg_seen', facts.lastMessageSeconds],
    ['messages', 'bad_lines_seen', facts.badLines],
    ...facts.backends,
  ]
  const lines = rows.map(([group, name, value]) => {
    return `${group}.${name}: ${name.startsWith('last_') ? now - value : value}\n`
  })
  return `uptime: ${now - facts.startedSeconds}\n${lines.join('')}${end}`
}

function configText(config: Readonly<Record<string, unknown>>): string {
  let text = '\n'
  for (const [key, value] of Object.entries(config)) {
    if (typeof value !== 'object' || value === null) {
      text += `${key}: ${String(value)}\n`
      continue
    }
    for (const [inner, one] of Object.entries(value)) {
      const shown = typeof one === 'object' ? JSON.stringify(one) : String(one)
      text += `${key} > ${inner}: ${shown}\n`
    }
  }
  return text
}

/** Whether somebody asks for series by this word. */
export const isShown = (word: string): word is Shown =>
  (shownKinds as readonly string[]).includes(word)
