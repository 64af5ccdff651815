import { shortIdOf } from '../issues/state.ts'
import { headlineOf, type Item, type Message, sayingOf } from './message.ts'
import type { DueDelivery } from './deliveries.ts'
import type { Trigger } from './trigger.ts'

export interface ComposeWorld {
  /** Of a project, by its id. */
  readonly slugOf: (project: number) => string
  /** Without a slash at its end. */
  readonly baseUrl: string
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

/** @param number of the issue in its project; null: there is none. */
function itemOf(trigger: Trigger, number: number | null, { slugOf, baseUrl }: ComposeWorld): Item {
  const { kind, project, issue, eventId, atMs, data } = trigger
  const { tags, rule: _rule, ...rest } = data
  const slug = slugOf(project)
  const about = {
    culprit: text(data['culprit']),
    level: text(data['level']),
    environment: text(data['environment']),
    release: text(data['release']),
  }
  return {
    occasion: kind,
    project: slug,
    ...(issue !== undefined && { issue }),
    ...(number !== null && { shortId: shortIdOf(slug, number) }),
    ...(eventId !== undefined && { eventId }),
    title: titleOf(trigger),
    ...(Object.fromEntries(
      Object.entries(about).filter(([, value]) => value !== undefined),
    ) as Partial<Item>),
    ...(typeof tags === 'object' && tags !== null && { tags: tags as Record<string, string> }),
    ...(issue !== undefined && { url: `${baseUrl}/organizations/weir/issues/${issue}/` }),
    at: new Date(atMs).toISOString(),
    data: rest,
  }
}

/** What it is about: an issue's title, the name of a monitor, a release. */
export function titleOf({ kind, data }: Pick<Trigger, 'kind' | 'data'>): string {
  const names = ['title', 'name', 'monitor', 'version']
  return (
    names.map((key) => text(data[key])).find((name) => name !== undefined) ?? sayingOf(kind, data)
  )
}

/** What a channel is to tell, of what the digest thread has on record. */
export function composed(
  delivery: DueDelivery & { readonly numbers: readonly (number | null)[] },
  world: ComposeWorld,
): Message {
  const { message, messageId, rule, createdMs, numbers } = delivery
  const items = message.triggers.map((trigger, place) =>
    itemOf(trigger, numbers[place] ?? null, world),
  )
  const { byCap, byCooldown } = message.suppressed
  return {
    id: messageId,
    rule,
    headline: headlineOf(items, message.count, byCap + byCooldown),
    items,
    count: message.count,
    suppressed: message.suppressed,
    isTest: false,
    created: new Date(createdMs).toISOString(),
  }
}

/** For who wants to see whether a channel works. @param id 32 hex. */
export function composedTest(id: string, channel: string, nowMs: number): Message {
  const at = new Date(nowMs).toISOString()
  return {
    id,
    rule: 'test',
    headline: `Test of the channel ${channel}`,
    items: [
      {
        occasion: 'new_issue',
        project: 'test',
        title: 'TestError: this is only a test',
        culprit: 'weir alerts test',
        level: 'error',
        at,
      },
    ],
    count: 1,
    suppressed: { byCap: 0, byCooldown: 0 },
    isTest: true,
    created: at,
  }
}
