import { setImmediate } from 'node:timers/promises'
import { Budget } from './budget.ts'
import { bound, scalarText, type Given } from './functions/arguments.ts'
import { functionNamed, isAggregator } from './functions/all.ts'
import type { Call, Window } from './functions/call.ts'
import type { RenderFunction, Returned } from './functions/declaration.ts'
import type { Param, Value } from './functions/parameter.ts'
import { leavesOf, parseTarget } from './grammar.ts'
import type { RenderLimits } from './limits.ts'
import { placed, RenderError } from './render_error.ts'
import type { Series, SeriesList } from './series.ts'
import type { FetchedSeries, RenderSources, SeriesPattern } from './sources.ts'
import type { CallSyntax, PathSyntax, Scalar, Syntax } from './syntax.ts'
import { tagsOfName } from './tagged_name.ts'
import type { TimeZone } from './time_zone.ts'

/** Of a request, what evaluation needs. */
export interface Question extends Window {
  readonly targets: readonly string[]
  readonly nowS: number
  readonly zone: TimeZone
  readonly xFilesFactor: number
  /** Values for the `$name` of `template(…)`, which win over its own. */
  readonly template: ReadonlyMap<string, string>
}

/** What a call sees of the calls around it. */
interface Scope extends Window {
  xFilesFactor: number
  readonly replacements: ReadonlyMap<string, Scalar>
}

/** Values after which others get their turn. */
const turnPoints = 1_000_000

/** Evaluates the targets of one request, and counts what that takes. */
export class Evaluation {
  readonly #question: Question
  readonly #sources: RenderSources
  readonly #budget: Budget
  readonly #fetched = new Map<string, readonly FetchedSeries[]>()
  readonly #stacks = new Map<string, number[]>()

  constructor(question: Question, sources: RenderSources, limits: RenderLimits) {
    this.#question = question
    this.#sources = sources
    this.#budget = new Budget(limits)
  }

  /**
   * The series of all targets, in their order.
   *
   * @throws RenderError
   */
  async series(): Promise<readonly Series[]> {
    const { targets, fromS, untilS } = this.#question
    const syntaxes = targets.map((target) => parseTarget(target, this.#budget.limits))
    const result: Series[] = []
    const window = { fromS, untilS }
    await this.#located(targets.join(', '), () =>
      this.#prefetch(
        syntaxes.flatMap((syntax) => leavesOf(syntax).map((leaf) => this.#patternOf(leaf))),
        window,
      ),
    )
    for (const [index, syntax] of syntaxes.entries()) {
      result.push(...(await this.#located(targets[index]!, () => this.#seriesOf(syntax, window))))
    }
    return result
  }

  async #located<T>(target: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act()
    } catch (thrown) {
      throw thrown instanceof RenderError ? placed(thrown, { target }) : thrown
    }
  }

  async #seriesOf(syntax: Syntax, window: Window): Promise<readonly Series[]> {
    const { xFilesFactor } = this.#question
    const scope = { ...window, xFilesFactor, replacements: new Map<string, Scalar>() }
    const value = await this.#valueOf(syntax, scope, true)
    if (Array.isArray(value)) return (value as Returned).flat()
    throw new RenderError('the target is no series', { offset: syntax.offset })
  }

  async #valueOf(syntax: Syntax, scope: Scope, isSeries: boolean): Promise<Value> {
    if (syntax.kind === 'literal') return syntax.value
    if (syntax.kind === 'call') return this.#called(syntax, scope)
    if (syntax.kind === 'path') return this.#pathOf(syntax, scope, isSeries)
    const replacements = new Map([...syntax.values, ...this.#question.template])
    return this.#valueOf(syntax.body, { ...scope, replacements }, isSeries)
  }

  /** A path that is as a whole a variable of the template is its value, unless series are wanted. */
  async #pathOf(syntax: PathSyntax, scope: Scope, isSeries: boolean): Promise<Value> {
    let text = syntax.text
    for (const [name, value] of scope.replacements) {
      if (text === `$${name}` && !isSeries) {
        const isNumber = typeof value === 'string' && /^-?[\d.]+$/.test(value)
        return isNumber ? { number: Number(value), isFloat: true } : value
      }
      text = text.replaceAll(`$${name}`, () => scalarText(value))
    }
    return this.#found({ kind: 'glob', text }, scope)
  }

  async #called(syntax: CallSyntax, scope: Scope): Promise<Value> {
    const declared = functionNamed(syntax.name)
    if (declared === undefined) {
      throw new RenderError(`there is no function ${syntax.name}`, { offset: syntax.offset })
    }
    this.#budget.takeCall()
    if (syntax.name === 'seriesByTag') return this.#found(this.#patternOf(syntax), scope)
    const given: Given[] = []
    for (const [index, argument] of syntax.given.entries()) {
      given.push(
        await this.#argument(argument, declared.params[index] ?? declared.params.at(-1), scope),
      )
    }
    const named: (Given & { readonly name: string })[] = []
    for (const { name, value } of syntax.named) {
      const param = declared.params.find((one) => one.name === name)
      named.push({ name, ...(await this.#argument(value, param, scope)) })
    }
    const first = syntax.given[0] ?? syntax.named.find(({ name }) => name === 'seriesList')?.value
    return this.#run(declared, given, named, this.#call(syntax.name, scope, first), syntax.offset)
  }

  async #argument(syntax: Syntax, param: Param | undefined, scope: Scope): Promise<Given> {
    const isSeries = param?.type === 'seriesList' || param?.type === 'seriesLists'
    return { value: await this.#valueOf(syntax, scope, isSeries), offset: syntax.offset }
  }

  async #run(
    declared: RenderFunction,
    given: readonly Given[],
    named: readonly (Given & { readonly name: string })[],
    call: Call,
    offset?: number,
  ): Promise<Returned> {
    try {
      const result = await declared.run(bound(declared, given, named, isAggregator), call)
      const series = result.flat()
      this.#budget.takeNames(series.map(({ name }) => name))
      if (series.reduce((sum, { values }) => sum + values.length, 0) > turnPoints)
        await setImmediate()
      return result
    } catch (thrown) {
      const place = { functionName: call.functionName, offset }
      if (thrown instanceof RenderError) throw placed(thrown, place)
      // What is not understood of a time or an expression.
      const isText = thrown instanceof RangeError || thrown instanceof SyntaxError
      throw isText ? new RenderError(thrown.message, place) : thrown
    }
  }

  /** What a function sees; `first` is its first argument, when it is called from a target. */
  #call(functionName: string, scope: Scope, first?: Syntax): Call {
    const { nowS, zone } = this.#question
    const { fromS, untilS } = scope
    const fail = (reason: string) => {
      throw new RenderError(reason, { functionName })
    }
    return {
      functionName,
      fromS,
      untilS,
      nowS,
      zone,
      fail,
      get xFilesFactor() {
        return scope.xFilesFactor
      },
      set xFilesFactor(value) {
        scope.xFilesFactor = value
      },
      stacks: this.#stacks,
      again: async (window) => {
        if (first === undefined) return fail('it cannot be called by another function')
        if (!isTime(window.fromS) || !isTime(window.untilS)) return fail('the time is out of range')
        return (await this.#valueOf(first, { ...scope, ...window }, true)) as SeriesList
      },
      target: async (text) => {
        const syntax = parseTarget(text, this.#budget.limits)
        return (await this.#valueOf(syntax, { ...scope }, true)) as SeriesList
      },
      invoke: async (name, lists) => {
        const declared = functionNamed(name) ?? fail(`there is no function ${name}`)
        this.#budget.takeCall()
        const given = lists.map((value) => ({ value }))
        return (await this.#run(declared, given, [], this.#call(name, scope))) as SeriesList
      },
      isAggregator,
      events: async (tags) => (await this.#sources.events?.(tags, fromS, untilS)) ?? [],
      random: this.#sources.random,
      reserve: (points) => this.#budget.takePoints(points),
    }
  }

  #patternOf(leaf: Syntax): SeriesPattern {
    if (leaf.kind !== 'call') return { kind: 'glob', text: (leaf as PathSyntax).text }
    const expressions = leaf.given.map((one) => {
      if (one.kind === 'literal' && typeof one.value === 'string') return one.value
      const reason = 'seriesByTag takes strings such as "name=cpu"'
      throw new RenderError(reason, { functionName: leaf.name, offset: one.offset })
    })
    if (expressions.length === 0 || leaf.named.length > 0) {
      const reason = 'seriesByTag needs an expression such as "name=cpu"'
      throw new RenderError(reason, { functionName: leaf.name, offset: leaf.offset })
    }
    return { kind: 'tags', expressions, text: leaf.text }
  }

  /** Asks the store once for what is not known yet. */
  async #prefetch(patterns: readonly SeriesPattern[], { fromS, untilS }: Window) {
    const missing = new Map(
      patterns
        .map((pattern) => [keyOf(pattern, { fromS, untilS }), pattern] as const)
        .filter(([key]) => !this.#fetched.has(key)),
    )
    if (missing.size === 0) return
    const { seriesLeft: maxSeries, pointsLeft: maxPoints } = this.#budget
    const answers = await this.#sources.fetch(
      [...missing.values()].map((pattern) => ({ pattern, fromS, untilS, maxSeries, maxPoints })),
    )
    for (const [index, key] of [...missing.keys()].entries()) {
      const series = distinct(answers[index] ?? [])
      this.#budget.takeSeries(series.length)
      this.#budget.takePoints(series.reduce((sum, { values }) => sum + values.length, 0))
      this.#fetched.set(key, series)
    }
  }

  async #found(pattern: SeriesPattern, scope: Scope): Promise<SeriesList> {
    await this.#prefetch([pattern], scope)
    return (this.#fetched.get(keyOf(pattern, scope)) ?? []).map((series) => ({
      ...series,
      consolidation: series.consolidation ?? 'average',
      pathExpression: pattern.text,
      tags: tagsOfName(series.name),
      xFilesFactor: scope.xFilesFactor,
      options: {},
    }))
  }
}

/** Within a few thousand years of now. */
function isTime(timeS: number): boolean {
  return Math.abs(timeS) <= 2e11
}

function keyOf({ kind, text }: SeriesPattern, { fromS, untilS }: Window): string {
  return `${fromS} ${untilS} ${kind} ${text}`
}

/** In the order of their names, each once. */
function distinct(series: readonly FetchedSeries[]): readonly FetchedSeries[] {
  const byName = new Map(series.map((one) => [one.name, one]))
  return [...byName.values()].toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}
