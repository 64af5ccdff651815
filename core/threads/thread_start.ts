/** What every thread is started with (`execArgv`), since what main.ts imports before all else does not hold there. */
export const threadStart: readonly string[] = [
  '--import',
  new URL('../module_hooks.ts', import.meta.url).href,
]
