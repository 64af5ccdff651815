import { WeirError } from '../../core/errors.ts'
import {
  Conflict,
  type Document,
  type DocumentKind,
  type Documents,
} from '../../store/documents.ts'

const kind: DocumentKind = { name: 'error_project_ids', fields: {} }
const only = 'highest'

/**
 * The highest id that a project ever had, of the config or of the store. What a removed project reported stays under its
 * id until retention takes it, so that a project that is made later must not get that one.
 */
export class GivenIds {
  readonly #documents: () => Documents
  #highest = -1
  /** Of those that were to be remembered; more than `#highest` where the store did not take it. */
  #known = 0

  constructor(documents: () => Documents) {
    this.#documents = documents
  }

  /** @param id that a project has. It counts for `next` here even when the store fails to keep it. */
  async remember(id: number): Promise<void> {
    this.#known = Math.max(this.#known, id)
    if (id > this.#highest) await this.#raise((highest) => Math.max(highest, id))
  }

  /**
   * An id that no project has or had.
   *
   * @throws WeirError WEIR_REQUEST_INVALID when there is none left.
   */
  async next(): Promise<number> {
    return await this.#raise((remembered) => {
      const highest = Math.max(remembered, this.#known)
      if (highest < Number.MAX_SAFE_INTEGER) return highest + 1
      const text =
        'there is no id above those that projects had: make it in errors.projects, with an id'
      throw new WeirError('WEIR_REQUEST_INVALID', text)
    })
  }

  /** Another Weir on the same store may do so at the same time. */
  async #raise(raised: (highest: number) => number): Promise<number> {
    for (;;) {
      const found = await this.#documents().get(kind, only)
      const known = highestOf(found)
      const highest = raised(known)
      try {
        if (highest > known)
          await this.#documents().put(kind, only, { highest }, found?.version ?? null)
        this.#highest = highest
        return highest
      } catch (failure) {
        if (!(failure instanceof Conflict)) throw failure
      }
    }
  }
}

const highestOf = (found: Document | undefined): number => Number(found?.body['highest'] ?? 0)
