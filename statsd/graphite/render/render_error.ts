import { WeirError } from '../../../core/errors.ts'

/** What a refused request is about, as far as it is known where it is refused. */
export interface RenderErrorPlace {
  readonly target?: string | undefined
  /** Characters into the target, from 0. */
  readonly offset?: number | undefined
  readonly functionName?: string | undefined
}

/**
 * A render request that cannot be answered as it is: Graphite's 400. The message names the function, the
 * target and the column, in the form of graphite-web's `InputParameterError`.
 */
export class RenderError extends WeirError {
  readonly place: RenderErrorPlace
  readonly reason: string
  constructor(reason: string, place: RenderErrorPlace = {}) {
    super('WEIR_REQUEST_INVALID', messageOf(reason, place))
    this.reason = reason
    this.place = place
  }
}

/** The same refusal with what only the caller knows; what is known already stays. */
export function placed(failure: RenderError, place: RenderErrorPlace): RenderError {
  const known = Object.entries(failure.place).filter(([, value]) => value !== undefined)
  return new RenderError(failure.reason, { ...place, ...Object.fromEntries(known) })
}

const shownTarget = 500

function messageOf(reason: string, { target, offset, functionName }: RenderErrorPlace): string {
  let message = `Invalid parameters (${reason})`
  if (functionName !== undefined) message += `; func: "${functionName}"`
  if (offset !== undefined) message += `; column: ${offset + 1}`
  if (target !== undefined) {
    const shown = target.length > shownTarget ? `${target.slice(0, shownTarget)}…` : target
    message += `; target: "${shown}"`
  }
  return message
}
