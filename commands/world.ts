/** All that commands may touch of the process; main.ts passes the real one. */
export interface World {
  /** Arguments after `weir`. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly pid: number
  readonly uid: number | undefined
  readonly home: string
  readonly cwd: string
  readonly stdin: NodeJS.ReadableStream
  /** Data goes here, and nothing else. */
  readonly stdout: Terminal
  /** Messages for people. */
  readonly stderr: Terminal
  onSignal(signal: NodeJS.Signals, handler: (signal: NodeJS.Signals) => void): void
  /** To be called once a long-running command is up. */
  started(): void
  /** The code to end with, for commands whose result is a number rather than an error. */
  setExitCode(code: number): void
  /** Ends at once, whatever is under way. */
  exit(code: number): never
}

export interface Terminal extends NodeJS.WritableStream {
  readonly isTTY?: boolean
}

/** Writes a line; resolves when there is room for more. */
export async function writeLine(to: Terminal, line: string): Promise<void> {
  if (to.write(`${line}\n`)) return
  await new Promise<void>((resolve) => to.once('drain', resolve))
}

/** Wraps text in a colour, on a terminal that wants colours (https://no-color.org). */
export function coloured(
  world: Pick<World, 'env'>,
  to: Terminal,
): (colour: 'red' | 'green' | 'yellow' | 'bold', text: string) => string {
  const codes = { red: 31, green: 32, yellow: 33, bold: 1 }
  const on = to.isTTY === true && !world.env['NO_COLOR'] && world.env['TERM'] !== 'dumb'
  return (colour, text) => (on ? `\u001b[${codes[colour]}m${text}\u001b[0m` : text)
}
