/** One archive of a rule: points every so often, kept so long. */
export interface Archive {
  readonly stepMs: number
  readonly keepMs: number
}

const units: Readonly<Record<string, number>> = {
  s: 1e3,
  m: 6e4,
  h: 36e5,
  d: 864e5,
  w: 6048e5,
  y: 31_536e6,
}

/**
 * Graphite's retentions, `10s:6h,1m:6d` or `60:1440` (seconds a point and points), finest first.
 *
 * @throws Error what is wrong with them, by whisper's rules: no two steps alike, each a multiple of the finer one,
 *   kept longer than it, and enough of the finer one to fill one of the coarser.
 */
export function parseRetention(text: string): Archive[] {
  const archives = text
    .split(',')
    .map((part) => archiveOf(part.trim()))
    .toSorted((a, b) => a.stepMs - b.stepMs)
  for (const [place, coarse] of archives.entries()) {
    const fine = archives[place - 1]
    if (!fine) continue
    const pair = `${spelt(fine)} and ${spelt(coarse)}`
    if (coarse.stepMs === fine.stepMs) throw new Error(`${pair} have the same step`)
    if (coarse.stepMs % fine.stepMs !== 0)
      throw new Error(`${pair}: the coarser step is no multiple of the finer one`)
    if (coarse.keepMs <= fine.keepMs)
      throw new Error(`${pair}: the coarser one has to be kept longer`)
    if (fine.keepMs < coarse.stepMs)
      throw new Error(`${pair}: the finer one has too few points to fill one of the coarser`)
  }
  return archives
}

function archiveOf(text: string): Archive {
  const match = /^(\d+)([smhdwy])?[a-z]*:(\d+)([smhdwy])?[a-z]*$/.exec(text)
  if (!match) {
    throw new Error(
      `"${text}" is no retention: write how often and how long, such as 10s:6h or 60:1440`,
    )
  }
  const [, step, stepUnit, kept, keptUnit] = match
  const stepMs = Number(step) * units[stepUnit ?? 's']!
  const keepMs = Number(kept) * (keptUnit === undefined ? stepMs : units[keptUnit]!)
  if (stepMs === 0 || keepMs < stepMs) throw new Error(`"${text}" keeps no point`)
  if (!Number.isSafeInteger(keepMs)) throw new Error(`"${text}" is too long`)
  return { stepMs, keepMs }
}

const spelt = ({ stepMs, keepMs }: Archive) => `${stepMs / 1000}s:${keepMs / 1000}s`
