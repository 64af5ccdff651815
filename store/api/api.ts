import type { JsonRecord } from '../search.ts'
import { Indices } from './indices.ts'
import { Intake } from './intake.ts'
import type { ApiServices } from './services.ts'

/** What the routes share. */
export class Api {
  readonly services: ApiServices
  readonly indices: Indices
  readonly intake: Intake

  constructor(services: ApiServices) {
    this.services = services
    this.indices = new Indices(services)
    this.intake = new Intake(services, this.indices)
  }
}

/** Of an index that has one shard without copies, which is how Weir shows itself. */
export const oneShard: JsonRecord = { total: 1, successful: 1, skipped: 0, failed: 0 }
