/** Prefixes of units, the largest first. */
const systems = {
  si: [
    ['P', 1e15],
    ['T', 1e12],
    ['G', 1e9],
    ['M', 1e6],
    ['k', 1e3],
  ],
  binary: [
    ['Pi', 1024 ** 5],
    ['Ti', 1024 ** 4],
    ['Gi', 1024 ** 3],
    ['Mi', 1024 ** 2],
    ['Ki', 1024],
  ],
} as const

export type UnitSystem = keyof typeof systems

/** 1500 is 1.5 and `k`. A value that is all but whole is whole. */
export function prefixed(value: number, system: UnitSystem): { scaled: number; prefix: string } {
  const [prefix, size] = systems[system].find(([, least]) => Math.abs(value) >= least) ?? ['', 1]
  const scaled = value / size
  const isWhole = scaled - Math.floor(scaled) < 1e-11 && value > 1
  return { scaled: isWhole ? Math.floor(scaled) : scaled, prefix }
}
