import { WeirError } from '../../core/errors.ts'
import { SearchError } from '../../store/search.ts'

/** A question's mistake as commands report it. */
export async function inWords<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (failure) {
    if (!(failure instanceof SearchError)) throw failure
    const code = failure.status < 500 ? 'WEIR_REQUEST_INVALID' : 'WEIR_OUTPUT_UNAVAILABLE'
    throw new WeirError(code, failure.message, { cause: failure })
  }
}
