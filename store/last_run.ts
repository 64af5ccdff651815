import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import type { StoreConfig } from './config.ts'
import type { StoreRoutes } from './embedded/protocol.ts'

/** How the store of a folder ran last, for commands that ask a stopped one and are given no config. */
export interface LastRun {
  readonly engine: StoreConfig['engine']
  readonly routes: StoreRoutes
}

const schema = z.object({
  engine: z.enum(['embedded', 'elasticsearch']),
  routes: z.object({
    outputs: z.array(z.object({ match: z.string(), final: z.boolean(), isStore: z.boolean() })),
    points: z.boolean(),
  }),
})

/** The file is replaced whole. */
export const lastRunPath = (dataFolder: string) => `${dataFolder}/store/last_run.json`

/** Keeps it, where the disk lets it: commands can be given the config. */
export function keepLastRun(dataFolder: string, { engine, routes }: LastRun): void {
  const { outputs, points } = routes
  const path = lastRunPath(dataFolder)
  try {
    mkdirSync(`${dataFolder}/store`, { recursive: true })
    writeFileSync(`${path}.new`, JSON.stringify({ engine, routes: { outputs, points } }))
    renameSync(`${path}.new`, path)
  } catch {
    // What was kept before, or nothing, serves as well.
  }
}

/** Undefined when no Weir ran here that kept it. */
export function lastRunOf(dataFolder: string): LastRun | undefined {
  try {
    return schema.parse(JSON.parse(readFileSync(lastRunPath(dataFolder), 'utf8')))
  } catch {
    return undefined
  }
}
