import type { FoundNode } from '../names/finder.ts'
import { badRequest } from './parameters.ts'
import { findingOf, openedFinder, type Services } from './services.ts'
import { type Call, type Route, sendJson } from './surface.ts'

/** `/metrics/…`: names, level by level or all of them (graphite-web's metrics/views.py). */
export const metricsRoutes = (services: Services): readonly Route[] => [
  {
    methods: ['GET', 'POST'],
    path: '/metrics/find',
    scope: 'read',
    handle: (call) => find(services, call),
  },
  {
    methods: ['GET', 'POST'],
    path: '/metrics/expand',
    scope: 'read',
    handle: (call) => expand(services, call),
  },
  {
    methods: ['GET', 'POST'],
    path: '/metrics/index.json',
    scope: 'read',
    handle: (call) => index(services, call),
  },
]

async function find(services: Services, call: Call) {
  const { parameters } = call
  const given = parameters.text('query')
  if (given === undefined)
    throw badRequest('Invalid parameters (missing required parameter "query")')
  const format = parameters.text('format') ?? 'treejson'
  const query = format === 'completer' ? completed(given) : given
  const finder = await openedFinder(services)
  const nodes = await finder.nodes(query, findingOf(services, call))
  const withWildcard = parameters.flag('wildcards') && nodes.length > 1
  switch (format) {
    case 'treejson':
      return sendJson(call, treeJson(nodes, query, withWildcard))
    case 'completer':
      return sendJson(call, { metrics: completions(nodes, withWildcard) })
    case 'nodelist':
      return sendJson(call, { nodes: nodes.map(({ path }) => path) })
    case 'json':
      return sendJson(
        call,
        nodes.map(({ path, isLeaf }) => ({ path, is_leaf: isLeaf })),
      )
    default: {
      const shown = format.slice(0, 50)
      throw badRequest(`format ${shown}: there are treejson, completer, nodelist and json`)
    }
  }
}

/** What is being written: its end is open, and `a..b` is `a.*.b`. */
function completed(query: string): string {
  const open = query.replaceAll('..', '*.')
  return open.endsWith('*') ? open : `${open}*`
}

/** Branches first; a name that is both is a branch. */
function treeJson(nodes: readonly FoundNode[], query: string, withWildcard: boolean) {
  const base = query.includes('.') ? query.slice(0, query.lastIndexOf('.') + 1) : ''
  const shown = new Map<string, boolean>()
  for (const { name, isBranch } of nodes) shown.set(name, (shown.get(name) ?? false) || isBranch)
  const entry = (name: string, isBranch: boolean) => ({
    text: name,
    id: base + name,
    allowChildren: isBranch ? 1 : 0,
    expandable: isBranch ? 1 : 0,
    leaf: isBranch ? 0 : 1,
    context: {},
  })
  const hasBranch = [...shown.values()].includes(true)
  return [
    ...(withWildcard ? [entry('*', hasBranch)] : []),
    ...[...shown].filter(([, isBranch]) => isBranch).map(([name]) => entry(name, true)),
    ...[...shown].filter(([, isBranch]) => !isBranch).map(([name]) => entry(name, false)),
  ]
}

function completions(nodes: readonly FoundNode[], withWildcard: boolean) {
  const entries = nodes.map(({ path, name, isBranch }) => ({
    path: isBranch ? `${path}.` : path,
    name,
    is_leaf: isBranch ? '0' : '1',
  }))
  return withWildcard ? [...entries, { name: '*' }] : entries
}

async function expand(services: Services, call: Call) {
  const { parameters } = call
  const queries = parameters.all('query').filter((query) => query !== '')
  if (queries.length === 0) {
    throw badRequest('Invalid parameters (missing required parameter "query")')
  }
  const leavesOnly = parameters.flag('leavesOnly')
  const finder = await openedFinder(services)
  const groups = new Map<string, string[]>()
  for (const query of queries) {
    const nodes = await finder.nodes(query, findingOf(services, call))
    const paths = nodes.filter(({ isLeaf }) => isLeaf || !leavesOnly).map(({ path }) => path)
    groups.set(query, paths)
  }
  const results = parameters.flag('groupByExpr')
    ? Object.fromEntries(groups)
    : [...new Set([...groups.values()].flat())].toSorted()
  return sendJson(call, { results })
}

async function index(services: Services, call: Call) {
  const finder = await openedFinder(services)
  const finding = findingOf(services, call)
  return sendJson(call, await finder.names(finding))
}
