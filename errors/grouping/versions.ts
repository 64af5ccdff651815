import { exceptions } from './strategies/exceptions.ts'
import { message } from './strategies/message.ts'
import { csp, expectCt, expectStaple, hpkp } from './strategies/security.ts'
import type { Strategy } from './strategies/strategy.ts'
import { template } from './strategies/template.ts'
import { stacktrace, threads } from './strategies/threads.ts'
import type { VersionId } from './version_ids.ts'

/**
 * The strategies of each version; the first that contributes wins. Whatever changes a hash is a new version; old ones
 * stay, so that what they made is still found.
 */
const versions: Readonly<Record<VersionId, readonly Strategy[]>> = {
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
}

export const strategiesOf = (version: VersionId): readonly Strategy[] => versions[version]
