/** A rule's glob in the tree: by parts of the name, `*` any one part. */
interface Node<Rule> {
  readonly next: Map<string, Node<Rule>>
  /** The first rule that ends here, and its place in the file. */
  rule?: { readonly rule: Rule; readonly order: number }
}

export interface GlobMatch<Rule> {
  readonly rule: Rule
  /** What each `*` stands for. */
  readonly captures: readonly string[]
}

/**
 * Globs over dotted names as statsd_exporter matches them. In order, the rule wins that comes first in the file;
 * without, at each part of the name what is written out goes before `*`.
 */
export class Globs<Rule> {
  readonly #ordered: boolean
  readonly #root: Node<Rule> = { next: new Map() }
  #rules = 0

  constructor(options: { readonly ordered: boolean }) {
    this.#ordered = options.ordered
  }

  add(glob: string, rule: Rule): void {
    let node = this.#root
    for (const part of glob.split('.')) {
      let next = node.next.get(part)
      if (!next) node.next.set(part, (next = { next: new Map() }))
      node = next
    }
    node.rule ??= { rule, order: this.#rules }
    this.#rules += 1
  }

  match(name: string): GlobMatch<Rule> | undefined {
    if (this.#rules === 0) return undefined
    const parts = name.split('.')
    let best: (GlobMatch<Rule> & { readonly order: number }) | undefined
    const captures: string[] = []
    const visit = (node: Node<Rule>, at: number): void => {
      if (at === parts.length) {
        const { rule } = node
        if (rule && (!best || (this.#ordered && rule.order < best.order))) {
          best = { ...rule, captures: [...captures] }
        }
        return
      }
      const part = parts[at]!
      const exact = part === '*' ? undefined : node.next.get(part)
      if (exact) visit(exact, at + 1)
      if (best && !this.#ordered) return
      const any = node.next.get('*')
      if (!any) return
      captures.push(part)
      visit(any, at + 1)
      captures.pop()
    }
    visit(this.#root, 0)
    return best
  }
}
