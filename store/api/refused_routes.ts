import { illegalArgument } from './elasticsearch_error.ts'
import type { Method, Route } from './route.ts'

const everyMethod: readonly Method[] = ['GET', 'POST', 'PUT', 'DELETE']

const refused = (methods: readonly Method[], paths: readonly string[], why: string): Route => ({
  methods,
  paths,
  scope: ['read', 'ingest'],
  handle: ({ path }) => {
    throw illegalArgument(`[${path}] is not supported: ${why}`)
  },
})

const paging = 'page with [search_after] and a [sort]'
const rewriting =
  'Weir keeps what was sent as it was; documents go one by one with [_bulk], and indices as a whole'

/** What Elasticsearch has and Weir has not, each with its reason. */
export const refusedRoutes: readonly Route[] = [
  refused(everyMethod, ['/_search/scroll', '/_search/scroll/:id'], paging),
  refused(everyMethod, ['/_pit', '/:index/_pit'], paging),
  refused(
    everyMethod,
    ['/_async_search', '/_async_search/:id', '/:index/_async_search'],
    'ask with [_search], which answers within [timeout]',
  ),
  refused(['POST'], ['/:index/_delete_by_query', '/:index/_update_by_query'], rewriting),
  refused(['POST'], ['/_reindex'], 'read with [_search] and write with [_bulk]'),
  refused(
    ['POST'],
    ['/:index/_update/:id'],
    'Weir keeps what was sent as it was: send the whole document with [PUT <index>/_doc/<id>]',
  ),
  refused(
    ['GET', 'POST'],
    ['/_sql', '/_sql/*', '/_query', '/_query/*', '/:index/_eql/search'],
    'ask with [_search] and its query DSL',
  ),
  refused(
    ['GET', 'POST'],
    ['/_search/template', '/:index/_search/template', '/_msearch/template', '/_render/template'],
    'scripts and templates are not executed: send the search itself',
  ),
  refused(
    ['GET', 'POST'],
    ['/_explain/:id', '/:index/_explain/:id', '/:index/_termvectors/:id', '/_rank_eval'],
    'nothing is scored here: every hit has the score 1.0',
  ),
  refused(
    everyMethod,
    ['/_scripts/:id', '/_watcher/*', '/_ml/*', '/_transform/*'],
    'Weir has none',
  ),
  refused(
    everyMethod,
    ['/_snapshot', '/_snapshot/*'],
    'use [weir backup], which takes journal, segments and documents of one moment',
  ),
  refused(
    ['POST'],
    ['/:index/_rollover', '/:index/_rollover/:name'],
    'Weir divides its streams by time itself',
  ),
  refused(
    ['POST', 'PUT'],
    ['/:index/_split/:name', '/:index/_shrink/:name', '/:index/_clone/:name', '/_cluster/reroute'],
    'an index of Weir has no shards',
  ),
]
