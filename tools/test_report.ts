/** What is read of vitest's JSON report. */
export interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly {
    readonly status: string
    readonly name: string
    readonly assertionResults: readonly { readonly status: string }[]
  }[]
}

export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** Files that failed outside of their tests, each among `failed` as one. */
  readonly broken: readonly string[]
}

/**
 * What the report counts. A file that could not be loaded has no tests to count, and a run that ended
 * badly for another reason (an unhandled rejection, no test found) has no failed test: each is one failure.
 *
 * @param report undefined when the runner wrote none.
 */
export function countsOf(report: Report | undefined, exitCode: number | null): Counts {
  const broken = (report?.testResults ?? [])
    .filter(({ status }) => status === 'failed')
    .filter(({ assertionResults }) => !assertionResults.some(({ status }) => status === 'failed'))
    .map(({ name }) => name)
  const failed = (report?.numFailedTests ?? 0) + broken.length
  return {
    passed: report?.numPassedTests ?? 0,
    failed: exitCode !== 0 && failed === 0 ? 1 : failed,
    skipped: (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0),
    broken,
  }
}

/** A line of .cache/peers.ndjson, written by test/peers/require.ts. */
interface PeerLine {
  readonly peer: string
  readonly used?: boolean
  readonly reason?: string
}

/** A line of text for each peer that tests asked for, by name. */
export function peersText(ndjson: string): string[] {
  const peers = new Map<string, PeerLine>()
  for (const line of ndjson.split('\n').filter(Boolean)) {
    const peer = JSON.parse(line) as PeerLine
    peers.set(peer.peer, peer)
  }
  const names = [...peers.keys()].toSorted()
  return names.map((name) => {
    const { used, reason } = peers.get(name)!
    return `${name.padEnd(16)} ${used ? 'used' : `skipped: ${reason ?? 'no reason given'}`}`
  })
}
