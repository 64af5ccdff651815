import process from 'node:process'

/** The value of `--name value` or `--name=value` on the command line, which main.ts has checked. */
export function option(name: string): string | undefined {
  const joined = process.argv.find((word) => word.startsWith(`--${name}=`))
  if (joined !== undefined) return joined.slice(name.length + 3)
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? undefined : process.argv[at + 1]
}

/** Whether `--name` is on the command line, which takes no value. */
export const isGiven = (name: string): boolean => process.argv.includes(`--${name}`)
