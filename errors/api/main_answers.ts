import type { AnsweringOnMain } from './main_world.ts'
import { organisationAnswers } from './organisation_answers.ts'
import { projectAnswers } from './project_answers.ts'
import { storedEventAnswers } from './stored_event_answers.ts'

/** Who answers each endpoint of endpoints.ts that is main's. */
export const mainAnswers: Readonly<Record<string, AnsweringOnMain>> = {
  ...organisationAnswers,
  ...projectAnswers,
  ...storedEventAnswers,
}
