import { linearRegExp } from '../../../core/linear_regexp.ts'
import { isGlob, parseGlob, type NamePart } from '../../../store/name_glob.ts'
import type { Figure, MetricStore, SeriesFilter, TagExpression } from '../../../store/metrics.ts'
import { SearchError } from '../../../store/search.ts'
import { nameOfSeries } from '../../../store/series.ts'
import type { EtsyNames } from '../../names/etsy.ts'
import type { Leaf, Mount } from './mounts.ts'

/** A figure of a stored series under its name in Graphite's world. */
export interface FoundLeaf {
  /** With its tags: `stats.requests;host=web1`. */
  readonly name: string
  readonly series: string
  readonly type: Mount['type']
  readonly figure: Figure
  readonly consolidation?: Leaf['consolidation']
}

/** What is at a path of the tree; a path can be both. */
export interface FoundNode {
  readonly path: string
  readonly name: string
  readonly isLeaf: boolean
  readonly isBranch: boolean
}

export interface FinderOptions {
  readonly store: MetricStore
  readonly mounts: readonly Mount[]
  readonly names: EtsyNames
}

/** When there have to be points, and how many series are found at most. */
export interface Finding extends Pick<SeriesFilter, 'fromMs' | 'untilMs'> {
  readonly limit: number
  readonly deadline: AbortSignal
}

/**
 * Finds stored series by the names that they have in Graphite's world. Names are not stored: they follow from a
 * series' type and the naming of the config. Errors are SearchError.
 */
export class Finder {
  readonly #store: MetricStore
  readonly #mounts: readonly Mount[]
  readonly #names: EtsyNames

  constructor({ store, mounts, names }: FinderOptions) {
    this.#store = store
    this.#mounts = mounts
    this.#names = names
  }

  /** The figures that a glob names, `a.{b,c}.*`, by name. Tagged series are found by their whole name alone. */
  async leaves(pattern: string, finding: Finding): Promise<FoundLeaf[]> {
    const found = isGlob(pattern)
      ? await this.#leavesOfGlob(pattern, finding)
      : await this.#leavesOfName(pattern, finding)
    return byName(found)
  }

  /** The figures whose tags, `name` among them, fit all of the expressions. */
  async tagged(expressions: readonly TagExpression[], finding: Finding): Promise<FoundLeaf[]> {
    const onName = expressions.filter(({ tag }) => tag === 'name')
    const others = expressions.filter(({ tag }) => tag !== 'name')
    const exact = onName.find(({ operator }) => operator === '=')
    const found = exact
      ? await this.#taggedByName(exact.value, others, finding)
      : await this.#taggedByTags(others.length > 0 ? others : [anyName], finding)
    const fits = onName.map(fitsName)
    return byName(found.filter(({ name }) => fits.every((fit) => fit(nameOfSeries(name)))))
  }

  /** Every name, tagged ones among them. */
  async names(finding: Finding): Promise<string[]> {
    const found = await this.#taggedByTags([anyName], finding)
    return byName(found)
      .slice(0, finding.limit)
      .map(({ name }) => name)
  }

  /** What is at the paths that fit a glob, at its depth. Branches are shown where there are series below. */
  async nodes(pattern: string, finding: Finding): Promise<FoundNode[]> {
    const parts = parseGlob(pattern)
    const nodes = new Map<string, { isLeaf: boolean; isBranch: boolean }>()
    const add = (path: string, kind: 'isLeaf' | 'isBranch') => {
      const node = nodes.get(path) ?? { isLeaf: false, isBranch: false }
      nodes.set(path, { ...node, [kind]: true })
    }
    for (const { name } of await this.#leavesOfGlob(pattern, finding)) add(name, 'isLeaf')
    for (const mount of this.#mounts) {
      const { length } = mount.prefix
      if (!fitsParts(parts.slice(0, length), mount.prefix.slice(0, parts.length))) continue
      if (parts.length <= length) {
        const path = mount.prefix.slice(0, parts.length).join('.')
        if (await this.#isUsed(mount, finding)) add(path, 'isBranch')
      } else {
        const below = pattern.split('.').slice(length)
        for (const path of await this.#branches(mount, below, finding)) {
          add([...mount.prefix, path].join('.'), 'isBranch')
        }
      }
    }
    return [...nodes]
      .map(([path, kind]) => ({ path, name: path.slice(path.lastIndexOf('.') + 1), ...kind }))
      .toSorted((a, b) => (a.path < b.path ? -1 : 1))
      .slice(0, finding.limit)
  }

  async #leavesOfGlob(pattern: string, finding: Finding): Promise<FoundLeaf[]> {
    const parts = parseGlob(pattern)
    const texts = pattern.split('.')
    const found: FoundLeaf[] = []
    for (const mount of this.#mounts) {
      const { length } = mount.prefix
      if (!fitsParts(parts.slice(0, length), mount.prefix)) continue
      for (const [count, leaves] of leavesByLength(mount)) {
        if (parts.length - count <= length) continue
        const fitting = leaves.filter((leaf) =>
          fitsParts(parts.slice(parts.length - count), leaf.parts),
        )
        if (fitting.length === 0) continue
        const glob = texts.slice(length, texts.length - count).join('.')
        for (const series of await this.#series(mount, { glob }, finding)) {
          if (series.includes(';')) continue
          for (const leaf of fitting) found.push(leafOf(mount, series, leaf))
        }
      }
    }
    return found
  }

  /** A whole name can also be that of a figure which the options of now no longer make. */
  async #leavesOfName(name: string, finding: Finding): Promise<FoundLeaf[]> {
    const found: FoundLeaf[] = []
    const dotted = nameOfSeries(name)
    const known = new Map(
      (await this.#leavesOfGlob(dotted, finding)).map((leaf) => [keyOf(leaf), leaf]),
    )
    for (const { series, type, figure: read } of this.#names.read(name)) {
      const figure = read === 'last' ? 'value' : read
      const alike = known.get(keyOf({ type, figure }))
      if (!series.includes(';') && alike?.series === series) found.push(alike)
      else if (series.includes(';') || (type === 'timer' && alike === undefined)) {
        const { deadline, ...limits } = finding
        const glob = nameOfSeries(series)
        const those = await this.#store.find({ glob, types: [type], ...limits }, deadline)
        if (!those.some((each) => each.series === series)) continue
        found.push({ name, series, type, figure, ...consolidationOf(figure) })
      }
    }
    return found
  }

  async #taggedByName(name: string, others: readonly TagExpression[], finding: Finding) {
    const found: FoundLeaf[] = []
    for (const { series, type, figure: read } of this.#names.read(name)) {
      const figure = read === 'last' ? 'value' : read
      const mount = this.#mounts.find((each) => each.type === type && each.has(series))
      if (!mount) continue
      const tags: TagExpression[] = [{ tag: 'name', operator: '=', value: series }, ...others]
      for (const each of await this.#series(mount, { tags }, finding)) {
        const end = each.indexOf(';')
        const full = name + (end < 0 ? '' : each.slice(end))
        found.push({ name: full, series: each, type, figure, ...consolidationOf(figure) })
      }
    }
    return found
  }

  async #taggedByTags(tags: readonly TagExpression[], finding: Finding) {
    const found: FoundLeaf[] = []
    for (const mount of this.#mounts) {
      for (const series of await this.#series(mount, { tags }, finding)) {
        for (const leaf of mount.leaves) found.push(leafOf(mount, series, leaf))
      }
    }
    return found
  }

  async #series(
    mount: Mount,
    query: { readonly glob?: string; readonly tags?: readonly TagExpression[] },
    { limit, deadline, ...times }: Finding,
  ): Promise<string[]> {
    const asked = { ...query, ...times, types: [mount.type], limit }
    const found = await this.#store.find(asked, deadline)
    return found.map(({ series }) => series).filter((series) => mount.has(nameOfSeries(series)))
  }

  async #isUsed(mount: Mount, finding: Finding): Promise<boolean> {
    // Where the daemon's own samples hang, its counters do too.
    if (mount.type === 'value') return false
    const { deadline, ...limits } = finding
    const asked = { ...limits, glob: '*', types: [mount.type], limit: 1 }
    return (await this.#store.children(asked, deadline)).length > 0
  }

  /** Paths below a mount that fit and have something below them. */
  async #branches(mount: Mount, below: readonly string[], finding: Finding): Promise<string[]> {
    const { deadline, ...limits } = finding
    const glob = below.join('.')
    const nodes = await this.#store.children({ glob, types: [mount.type], ...limits }, deadline)
    const hasFigures = mount.leaves.some(({ parts }) => parts.length > 0)
    const paths = nodes
      .filter(({ path }) => mount.has(path) || mount.has(`${path}.`))
      .filter(({ isBranch, types }) => isBranch || (hasFigures && types.includes(mount.type)))
      .map(({ path }) => path)
    // Inside a figure's name, such as `histogram`.
    const parts = parseGlob(glob)
    for (let count = 1; count < parts.length; count++) {
      const heads = mount.leaves
        .filter((leaf) => leaf.parts.length > count)
        .map((leaf) => leaf.parts.slice(0, count))
        .filter((head) => fitsParts(parts.slice(-count), head))
      const distinct = new Set(heads.map((head) => head.join('.')))
      if (distinct.size === 0) continue
      const above = below.slice(0, -count).join('.')
      for (const series of await this.#series(mount, { glob: above }, finding)) {
        if (series.includes(';')) continue
        for (const head of distinct) paths.push(`${series}.${head}`)
      }
    }
    return paths
  }
}

const anyName: TagExpression = { tag: 'name', operator: '=~', value: '.' }

/** Whether a name fits an expression, whose beginning has to be that of the name. */
function fitsName({ operator, value }: TagExpression): (name: string) => boolean {
  if (operator === '=') return (name) => name === value
  if (operator === '!=') return (name) => name !== value
  const expression = compiled(value)
  return (name) => expression.test(name) === (operator === '=~')
}

function compiled(source: string) {
  try {
    return linearRegExp(`^(?:${source})`)
  } catch (failure) {
    if (!(failure instanceof SyntaxError)) throw failure
    throw new SearchError(400, 'bad_expression', `"${source}": ${failure.message}`)
  }
}

function leafOf(mount: Mount, series: string, leaf: Leaf): FoundLeaf {
  const end = series.indexOf(';')
  const dotted = end < 0 ? series : series.slice(0, end)
  const name = [...mount.prefix, dotted, ...leaf.parts].join('.')
  const { figure, consolidation } = leaf
  return {
    name: name + (end < 0 ? '' : series.slice(end)),
    series,
    type: mount.type,
    figure,
    ...(consolidation && { consolidation }),
  }
}

function leavesByLength({ leaves }: Mount): ReadonlyMap<number, readonly Leaf[]> {
  return Map.groupBy(leaves, ({ parts }) => parts.length)
}

const fitsParts = (patterns: readonly NamePart[], parts: readonly string[]) =>
  patterns.length >= parts.length && parts.every((part, place) => patterns[place]!.fits(part))

const keyOf = ({ type, figure }: Pick<FoundLeaf, 'type' | 'figure'>) =>
  `${type} ${typeof figure === 'object' ? JSON.stringify(figure) : figure}`

const consolidationOf = (figure: Figure): Pick<FoundLeaf, 'consolidation'> =>
  figure === 'sum' || figure === 'count' ? { consolidation: 'sum' } : {}

/** Graphite's order; of two figures of one name the first counts. */
function byName(found: readonly FoundLeaf[]): FoundLeaf[] {
  const names = new Map<string, FoundLeaf>()
  for (const leaf of found) if (!names.has(leaf.name)) names.set(leaf.name, leaf)
  return [...names.values()].toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}
