import process from 'node:process'
import fc from 'fast-check'

/**
 * A change is judged by the same cases each time, so what fails is its own doing. A long run, by FUZZ_RUNS, looks
 * for new ones; FUZZ_SEED names the cases. What a long run finds becomes a case of its own.
 */
const { FUZZ_SEED, FUZZ_RUNS } = process.env
const seed = FUZZ_SEED === undefined ? undefined : Number(FUZZ_SEED)
if (seed !== undefined || FUZZ_RUNS === undefined) fc.configureGlobal({ seed: seed ?? 1 })
