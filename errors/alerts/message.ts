import type { JsonRecord } from '../../store/search.ts'
import type { Occasion } from './occasions.ts'

/** One thing that happened, as a message tells it. */
export interface Item {
  readonly occasion: Occasion
  readonly project: string
  /** Of an issue; a monitor or a project has none. */
  readonly issue?: number
  /** Such as `SHOP-1A`. */
  readonly shortId?: string
  readonly eventId?: string
  readonly title: string
  readonly culprit?: string
  readonly level?: string
  readonly environment?: string
  readonly release?: string
  readonly tags?: Readonly<Record<string, string>>
  /** Where people look at it. */
  readonly url?: string
  /** ISO 8601. */
  readonly at: string
  /** What else is known: of a count how many in what time, of a monitor its slug. */
  readonly data?: JsonRecord
}

/** What a channel is to tell: one thing, or what was collected. */
export interface Message {
  /** The same for every attempt, and for no other message: who knows it by now need not tell it again. */
  readonly id: string
  readonly rule: string
  /** Sentence for a subject: `[shop] New issue: TypeError: refund without an order`. */
  readonly headline: string
  /** At most `itemsMax`. */
  readonly items: readonly Item[]
  /** How many there were in all. */
  readonly count: number
  /** What was held back since the last message, and why. */
  readonly suppressed: { readonly byCap: number; readonly byCooldown: number }
  readonly isTest: boolean
  /** ISO 8601. */
  readonly created: string
}

/** Most items that a message shows. */
export const itemsMax = 20

const said: Readonly<Record<Occasion, string>> = {
  new_issue: 'New issue',
  regression: 'Regression',
  escalation: 'Escalating',
  unarchived: 'Back from the archive',
  new_release: 'New release',
  feedback: 'User feedback',
  missed_check_in: 'Missed check-in',
  failed_check_in: 'Failed check-in',
  recovered_check_in: 'Recovered',
  event_count: 'Many events',
  user_count: 'Many users affected',
  crash_free_rate: 'Crash-free rate',
}

/** @param data of the trigger: a job that ran too long is not heard of in time, either. */
export const sayingOf = (occasion: Occasion, data?: JsonRecord): string =>
  occasion === 'missed_check_in' && data?.['status'] === 'timeout' ? 'Timed out' : said[occasion]

/** `New issue: TypeError: refund without an order`. */
export const lineOf = (item: Item): string => `${sayingOf(item.occasion, item.data)}: ${item.title}`

/** What it is about in words: environment, release, culprit. */
export function detailsOf(item: Item): string[] {
  const counted = item.data?.['counted']
  return [
    typeof counted === 'string' ? counted : '',
    item.shortId ?? '',
    item.culprit ?? '',
    item.level ?? '',
    item.environment ?? '',
    item.release ?? '',
  ].filter((text) => text !== '')
}

export function headlineOf(items: readonly Item[], count: number, suppressed: number): string {
  const [first] = items
  if (!first) return `${suppressed} alerts were held back`
  const projects = new Set(items.map(({ project }) => project))
  const where = projects.size === 1 ? `[${first.project}] ` : ''
  return count === 1 ? where + lineOf(first) : `${where}${count} alerts: ${lineOf(first)}, …`
}

/** What to say of what was held back; undefined: nothing was. */
export function suppressedText({ suppressed }: Message): string | undefined {
  const { byCap, byCooldown } = suppressed
  const parts: string[] = []
  if (byCap > 0) parts.push(`${byCap} over the most of an hour`)
  if (byCooldown > 0) parts.push(`${byCooldown} within the cooldown`)
  return parts.length === 0 ? undefined : `Not told since the last message: ${parts.join(', ')}.`
}

/** The whole as plain text. */
export function textOf(message: Message, mayBeRepeat: boolean): string {
  const lines = message.items.flatMap((item) => [
    message.count === 1 ? lineOf(item) : `- ${lineOf(item)}`,
    ...[detailsOf(item).join(' · '), item.url ?? ''].filter((text) => text !== ''),
    ...(typeof item.data?.['message'] === 'string' ? [item.data['message']] : []),
    '',
  ])
  const more = message.count - message.items.length
  if (more > 0) lines.push(`… and ${more} more.`, '')
  lines.push(...notesOf(message, mayBeRepeat))
  return lines.join('\n').trim()
}

/** Lines below a message. */
export function notesOf(message: Message, mayBeRepeat: boolean): string[] {
  const notes: string[] = []
  if (message.isTest) notes.push('This is a test of the channel.')
  const suppressed = suppressedText(message)
  if (suppressed !== undefined) notes.push(suppressed)
  if (mayBeRepeat) {
    notes.push('This may be a repeat: whether it arrived the first time is not known.')
  }
  notes.push(`Rule ${message.rule}.`)
  return notes
}

/** Cuts to what a target takes, by UTF-16 units and never inside of a surrogate pair. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text
  const end = /[\uD800-\uDBFF]/.test(text[max - 2]!) ? max - 2 : max - 1
  return `${text.slice(0, end)}…`
}
