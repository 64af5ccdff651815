import type { Clock } from '../core/clock.ts'
import { formatSize } from '../core/size_text.ts'
import type { Terminal } from './world.ts'

const barWidth = 24
const plainEveryMs = 5_000
/** What the rate is measured over. */
const windowMs = 5_000

/** Shows how far something is: a bar on a terminal, a plain line every few seconds elsewhere. */
export class Progress {
  readonly #to: Terminal
  readonly #clock: Clock
  readonly #isBar: boolean
  readonly #beganMs: number
  #samples: { readonly ms: number; readonly bytes: number; readonly count: number }[] = []
  #shownMs: number

  constructor(to: Terminal, clock: Clock) {
    this.#to = to
    this.#clock = clock
    this.#isBar = to.isTTY === true
    this.#beganMs = clock.monotonic()
    this.#shownMs = this.#beganMs
  }

  get seconds(): number {
    return (this.#clock.monotonic() - this.#beganMs) / 1000
  }

  /** @param counted what `count` counts, such as `events`; undefined: nothing but bytes. */
  show(bytes: number, totalBytes: number, count = 0, counted?: string): void {
    const ms = this.#clock.monotonic()
    this.#samples.push({ ms, bytes, count })
    while (this.#samples.length > 2 && ms - this.#samples[0]!.ms > windowMs) this.#samples.shift()
    if (!this.#isBar && ms - this.#shownMs < plainEveryMs) return
    this.#shownMs = ms
    const first = this.#samples[0]!
    const seconds = Math.max((ms - first.ms) / 1000, 0.001)
    const rate = (bytes - first.bytes) / seconds
    const share = totalBytes === 0 ? 1 : Math.min(1, bytes / totalBytes)
    const left = rate > 0 ? `${durationText((totalBytes - bytes) / rate)} left` : 'waiting'
    const text = [
      `${Math.floor(share * 100)}%`.padStart(4),
      `${formatSize(bytes)} of ${formatSize(totalBytes)}`,
      `${formatSize(Math.round(rate))}/s`,
      ...(counted === undefined
        ? []
        : [
            `${grouped(count)} ${counted}`,
            `${grouped(Math.round((count - first.count) / seconds))}/s`,
          ]),
      left,
    ].join('  ')
    if (!this.#isBar) {
      this.#to.write(`${text.trimStart()}\n`)
      return
    }
    const full = Math.floor(share * barWidth)
    this.#to.write(`\r\u001b[K${'█'.repeat(full)}${'░'.repeat(barWidth - full)} ${text}`)
  }

  /** Takes the bar away, for what is written next. */
  clear(): void {
    if (this.#isBar) this.#to.write('\r\u001b[K')
  }
}

/** 1234567 as 1,234,567. */
export const grouped = (count: number): string => String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',')

function durationText(seconds: number): string {
  if (seconds > 360_000) return 'days'
  const whole = Math.ceil(seconds)
  const parts = [Math.floor(whole / 60), whole % 60]
  const text = parts.map((part) => String(part).padStart(2, '0')).join(':')
  return parts[0]! < 60
    ? text
    : `${Math.floor(parts[0]! / 60)}:${String(parts[0]! % 60).padStart(2, '0')}:${text.slice(-2)}`
}
