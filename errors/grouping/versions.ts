import { exceptions } from './strategies/exceptions.ts'
import { message } from './strategies/message.ts'
import { csp, expectCt, expectStaple, hpkp } from './strategies/security.ts'
import type { Strategy } from './strategies/strategy.ts'
import { template } from './strategies/template.ts'
import { stacktrace, threads } from './strategies/threads.ts'

/**
 * Every way in which Weir has ever grouped, by its id, which is kept with each hash. The first strategy that contributes
 * wins. Whatever changes a hash is a new version; old ones stay, so that what they made is still found.
 */
export const versions = {
  'weir:2026-11-21': [
    exceptions,
    threads,
    stacktrace,
    template,
    csp,
    hpkp,
    expectStaple,
    expectCt,
    message,
  ],
} as const satisfies Record<string, readonly Strategy[]>

export type VersionId = keyof typeof versions

export const newestVersion: VersionId = 'weir:2026-11-21'

export const strategiesOf = (version: VersionId): readonly Strategy[] => versions[version]
