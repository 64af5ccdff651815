import { SearchMeaningError } from '../search/scope.ts'
import { SearchSyntaxError } from '../search/search_error.ts'
import { invalid } from './web_request.ts'

/** Runs what reads or asks a search. @throws WebRefusal 400 naming the place in `query`. */
export function guarded<Result>(work: () => Result): Result {
  try {
    return work()
  } catch (failure) {
    if (failure instanceof SearchSyntaxError || failure instanceof SearchMeaningError) {
      throw invalid(`query: ${failure.message}`)
    }
    throw failure
  }
}
