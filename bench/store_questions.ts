import type { JsonRecord } from '../store/search.ts'
import { dayEvents, firstMs, msPerEvent, rareWord } from './store_events.ts'

export interface BenchQuestion {
  readonly name: string
  /** Milliseconds it may take over 100 million events. */
  readonly aim: string
  /** Of a search. */
  readonly body: JsonRecord
}

const newest = { size: 100, sort: [{ '@timestamp': 'desc' }], track_total_hits: false }
const counted = { size: 0, track_total_hits: true }
const top = { top: { terms: { field: 'url.path', size: 10 } } }

/** The questions that have aims, over so many events; a day is the last one, or all there is. */
export function questionsOf(events: number): BenchQuestion[] {
  const toMs = firstMs + events * msPerEvent
  const dayMs = Math.max(firstMs, toMs - dayEvents * msPerEvent)
  const recentMs = Math.max(firstMs, toMs - 15 * 60_000)
  const since = (ms: number, ...conditions: JsonRecord[]): JsonRecord => {
    const range = { '@timestamp': { gte: new Date(Math.round(ms)).toISOString() } }
    return { bool: { filter: [{ range }, ...conditions] } }
  }
  const byTime = {
    t: {
      date_histogram: { field: '@timestamp', fixed_interval: '10m' },
      aggs: { level: { terms: { field: 'log.level' } } },
    },
  }
  return [
    {
      name: 'newest 100 with a word in a field, 15 minutes',
      aim: '100',
      body: {
        ...newest,
        query: since(recentMs, { match: { 'user_agent.original': 'Googlebot' } }),
      },
    },
    {
      name: 'newest 100 of a rare word, everything',
      aim: '200',
      body: { ...newest, query: { match: { message: rareWord } } },
    },
    {
      name: 'histogram by level, everything',
      aim: '100',
      body: { ...counted, query: { match_all: {} }, aggs: byTime },
    },
    {
      name: 'histogram under a filter, a day',
      aim: '600',
      body: {
        ...counted,
        query: since(dayMs, { term: { 'http.request.method': 'GET' } }),
        aggs: byTime,
      },
    },
    {
      name: 'top 10 of a field under a filter, a day',
      aim: '500',
      body: {
        ...counted,
        query: since(dayMs, { term: { 'http.response.status_code': 404 } }),
        aggs: top,
      },
    },
    {
      // Rows of which lie among all others, as those of errors do not.
      name: 'top 10 of a field under a filter of no trouble, a day',
      aim: '-',
      body: {
        ...counted,
        query: since(dayMs, { term: { 'http.response.status_code': 304 } }),
        aggs: top,
      },
    },
    {
      name: 'substring, a day',
      aim: '1500',
      body: { ...counted, query: since(dayMs, { wildcard: { 'url.path': '*ogstas*' } }) },
    },
    {
      name: 'regex, a day',
      aim: '1500',
      body: { ...counted, query: since(dayMs, { regexp: { 'url.path': '/images/.*[0-9]{3}' } }) },
    },
    {
      name: 'values of a field, everything',
      aim: '-',
      body: { ...counted, aggs: { values: { terms: { field: 'http.request.method' } } } },
    },
  ]
}
