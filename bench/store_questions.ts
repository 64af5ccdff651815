import type { JsonRecord } from '../store/search.ts'
import { dayEvents, firstMs, msPerEvent, rareWord } from './store_events.ts'

export interface BenchQuestion {
  readonly name: string
  /** Milliseconds it may take over 100 million events. */
  readonly aim: string
  readonly request: JsonRecord
}

const newest = 'order by "@timestamp" desc limit 100'

/** The questions that have aims, over so many events; a day is the last one, or all there is. */
export function questionsOf(events: number): BenchQuestion[] {
  const toMs = firstMs + events * msPerEvent
  const dayMs = Math.max(firstMs, toMs - dayEvents * msPerEvent)
  const recentMs = Math.max(firstMs, toMs - 15 * 60_000)
  const since = (ms: number) => `"@timestamp" >= make_timestamp(${Math.round(ms * 1000)})`
  return [
    {
      name: 'newest 100 with a word, 15 minutes',
      aim: '100',
      request: {
        columns: '_source, "@timestamp"',
        rest: `where ${since(recentMs)} and regexp_matches(_source, '(?i)\\bkibana\\b') ${newest}`,
        fromMs: recentMs,
        words: [['kibana']],
      },
    },
    {
      name: 'newest 100 of a rare word, everything',
      aim: '200',
      request: {
        columns: '_source, "@timestamp"',
        rest: `where message = '${rareWord}' ${newest}`,
        words: [[rareWord]],
      },
    },
    { name: 'histogram by level, everything', aim: '100', request: { minutes: true } },
    {
      name: 'histogram under a filter, a day',
      aim: '600',
      request: {
        columns: `time_bucket(interval '10 minutes', "@timestamp") as t, "log.level", count(*)`,
        rest: `where ${since(dayMs)} and "http.request.method" = 'GET' group by all`,
        fromMs: dayMs,
        equals: { 'http.request.method': ['GET'] },
      },
    },
    {
      name: 'top 10 of a field under a filter, a day',
      aim: '500',
      request: {
        columns: '"url.path", count(*) as n',
        rest: `where ${since(dayMs)} and "http.response.status_code" = 404 group by all order by n desc limit 10`,
        fromMs: dayMs,
        equals: { 'http.response.status_code': ['404'] },
      },
    },
    {
      name: 'substring, a day',
      aim: '1500',
      request: {
        columns: 'count(*)',
        rest: `where ${since(dayMs)} and contains("url.path", 'ogstas')`,
        fromMs: dayMs,
      },
    },
    {
      name: 'regex, a day',
      aim: '1500',
      request: {
        columns: 'count(*)',
        rest: `where ${since(dayMs)} and regexp_matches("url.path", '/images/.*[0-9]{3}$')`,
        fromMs: dayMs,
      },
    },
    {
      name: 'values of a field, everything',
      aim: '-',
      request: { columns: '"http.request.method", count(*)', rest: 'group by all' },
    },
  ]
}
