import { DeadLetters, type DeadLetter } from '../core/delivery/dead_letters.ts'
import type { RunningOutput } from '../core/delivery/running_output.ts'
import { compileTagPatterns } from '../core/routing.ts'
import { systemClock } from '../core/clock.ts'
import type { Arguments, Operations } from '../core/control.ts'
import { WeirError } from '../core/errors.ts'
import { systemFiles } from '../core/files.ts'
import {
  catJournal,
  forgetReader,
  listJournal,
  seekReader,
  verifyJournal,
} from '../core/journal/admin.ts'
import type { Journal } from '../core/journal/journal.ts'
import { readersFolder } from '../core/journal/layout.ts'

/** What commands may ask of the journal, of a running Weir or of a stopped one's folder alike. */
export function journalOperations(journal: () => Journal): Operations {
  return {
    async *'journal.ls'() {
      yield await listJournal(journal(), systemFiles)
    },
    async *'journal.cat'(args) {
      const tag = text(args, 'tag')
      yield* catJournal(journal(), systemFiles, {
        from: text(args, 'from'),
        stream: text(args, 'stream'),
        matches: tag === undefined ? undefined : compileTagPatterns(tag),
      })
    },
    async *'journal.verify'() {
      yield* verifyJournal(journal(), systemFiles)
    },
    async *'journal.seek'(args) {
      await seekReader(journal(), systemFiles, need(args, 'id'), need(args, 'to'))
      yield {}
    },
    async *'journal.forget'(args) {
      await forgetReader(journal(), need(args, 'id'))
      yield {}
    },
  }
}

/** What `dead.replay` yields for each output. */
export interface ReplayOutcome {
  readonly output: string
  readonly delivered: number
  readonly refused: number
}

/**
 * What commands may ask of the dead letters.
 *
 * @param running gives an output of a running Weir, for a replay.
 */
export function deadOperations(
  dataFolder: string,
  running: (id: string) => RunningOutput | undefined,
): Operations {
  const folder = `${dataFolder}/dead`
  const open = (output: string) =>
    running(output)?.dead ??
    new DeadLetters(folder, output, { files: systemFiles, clock: systemClock }, Infinity)

  /** One that never refused anything has no dead letters, but it has a cursor. */
  async function refuseUnknown(output: string): Promise<void> {
    if (running(output)) return
    const names = await systemFiles.list(folder)
    if (names.includes(`${output}.ndjson`)) return
    const cursors = await systemFiles.list(readersFolder(dataFolder))
    if (cursors.includes(`${output}.json`)) return
    const known = names.flatMap((name) => /^(.*)\.ndjson$/.exec(name)?.[1] ?? [])
    const list = known.length > 0 ? `dead letters are there of ${known.join(', ')}` : 'none has any'
    throw new WeirError('WEIR_REQUEST_INVALID', `there is no output "${output}": ${list}`)
  }

  async function* all(args: Arguments): AsyncGenerator<DeadLetter & { output: string }> {
    const only = text(args, 'output')
    if (only !== undefined) await refuseUnknown(only)
    for (const name of await systemFiles.list(folder)) {
      if (!name.endsWith('.ndjson')) continue
      const output = name.slice(0, -'.ndjson'.length)
      if (only !== undefined && output !== only) continue
      for (const letter of await open(output).list()) yield { output, ...letter }
    }
  }

  /** The ids that `args` names, by output; every name has to be known. */
  async function chosen(args: Arguments): Promise<Map<string, Set<string>>> {
    const ids = Array.isArray(args['ids']) ? new Set(args['ids'].map(String)) : undefined
    const found = new Map<string, Set<string>>()
    for await (const { output, id } of all(args)) {
      if (ids && !ids.delete(id)) continue
      found.set(output, (found.get(output) ?? new Set()).add(id))
    }
    if (ids && ids.size > 0) {
      throw new WeirError(
        'WEIR_REQUEST_INVALID',
        `no dead letter has the id ${[...ids].join(', ')}`,
      )
    }
    return found
  }

  return {
    async *'dead.ls'(args) {
      let left = typeof args['limit'] === 'number' ? args['limit'] : Infinity
      for await (const { event: _, ...letter } of all(args)) {
        if (left-- <= 0) return
        yield letter
      }
    },
    async *'dead.show'(args) {
      const id = need(args, 'id')
      let found = false
      for await (const letter of all({})) {
        if (letter.id !== id) continue
        found = true
        yield letter
      }
      if (!found) throw new WeirError('WEIR_REQUEST_INVALID', `no dead letter has the id ${id}`)
    },
    async *'dead.replay'(args) {
      for (const [output, ids] of await chosen(args)) {
        const target = running(output)
        if (!target) {
          const why = `the output ${output} is not running: start Weir with a config that names it`
          throw new WeirError('WEIR_NOT_RUNNING', why)
        }
        const outcome: ReplayOutcome = { output, ...(await target.replay(ids)) }
        yield outcome
      }
    },
    async *'dead.drop'(args) {
      for (const [output, ids] of await chosen(args)) {
        yield `${output}: ${await open(output).resolve(ids, 'dropped')} dropped`
      }
    },
  }
}

function text(args: Arguments, name: string): string | undefined {
  const value = args[name]
  return typeof value === 'string' ? value : undefined
}

function need(args: Arguments, name: string): string {
  const value = text(args, name)
  if (value === undefined) throw new WeirError('WEIR_REQUEST_INVALID', `"${name}" is missing`)
  return value
}
