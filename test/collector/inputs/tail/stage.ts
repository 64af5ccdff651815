import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { tailFields } from '../../../../collector/inputs/tail/options.ts'
import { createTail, type TailInput } from '../../../../collector/inputs/tail/tail.ts'
import { systemTailFiles, type TailFiles } from '../../../../collector/inputs/tail/files.ts'
import type { InputContext } from '../../../../collector/input.ts'
import { Harness, ManualClock } from '../harness.ts'

const never = () => new AbortController().signal

/** A folder, a clock and a tail that is driven by hand. */
export class Stage {
  readonly folder = mkdtempSync(join(tmpdir(), 'weir-tail-'))
  readonly clock = new ManualClock()
  readonly journal = new Harness()
  files: TailFiles = systemTailFiles
  tail: TailInput | undefined

  path(name: string): string {
    return join(this.folder, name)
  }

  /** Starts a tail with what the journal holds. */
  async start(config: Record<string, unknown>, given: Partial<InputContext> = {}): Promise<void> {
    const schema = z.object({ ...tailFields, tag: z.string().optional() })
    const context = this.journal.context({ clock: this.clock, ...given })
    this.tail = createTail(schema.parse(config), context, this.files, true)
    await this.tail.start()
  }

  /** A round of work, after `ms` of its clock. */
  async poll(ms = 300): Promise<void> {
    this.clock.advance(ms)
    await this.tail!.poll()
  }

  /** Rounds until all that waits for a time has had it. */
  async quiesce(): Promise<void> {
    for (let i = 0; i < 8; i++) await this.poll(i < 2 ? 300 : 6000)
  }

  async stop(): Promise<void> {
    await this.tail?.stop(never())
    this.tail = undefined
  }

  /** Ends the tail as kill -9 does: what is not durable never was. */
  async kill(): Promise<void> {
    this.journal.crash()
    await this.tail?.stop(AbortSignal.abort())
    this.tail = undefined
  }

  async clear(): Promise<void> {
    this.journal.crash()
    await this.kill()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
