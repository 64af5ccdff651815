import { resolve } from 'node:path'
import { Argument, type Command } from 'commander'
import { systemClock } from '../core/clock.ts'
import { formatSize } from '../core/size_text.ts'
import type { BackupProgress } from './backup_operation.ts'
import { type ConfigOptions, dataFolderFor } from './load_config.ts'
import { operate } from './operate.ts'
import { Progress } from './progress.ts'
import type { World } from './world.ts'

export function registerBackup(program: Command, world: World): void {
  program
    .command('backup')
    .summary('copy everything to a folder')
    .description(
      'Copies journal, store, error reports, readers and dead letters to a folder, as of one moment, while Weir runs on: all that was acknowledged before is in it. The config is not. The folder is on the machine of that Weir.',
    )
    .addArgument(new Argument('<folder>', 'new or empty'))
    .addHelpText(
      'before',
      `Examples:
  weir backup /backups/weir-2026-11-21
  weir restore /backups/weir-2026-11-21 --data-dir /srv/weir
`,
    )
    .action(async (target: string, _options, self: Command) => {
      const folder = await dataFolderFor(world, self.optsWithGlobals<ConfigOptions>())
      const to = resolve(world.cwd, target)
      const progress = new Progress(world.stderr, systemClock)
      let last: BackupProgress | undefined
      try {
        for await (const item of operate(world, folder, 'backup', { folder: to })) {
          last = item as BackupProgress
          if (!last.done) progress.show(last.bytes, last.total_bytes)
        }
      } finally {
        progress.clear()
      }
      const { files = 0, bytes = 0, absent = [] } = last ?? {}
      for (const file of absent) {
        world.stderr.write(`the store has lost the segment file ${file}, and so has the backup\n`)
      }
      world.stderr.write(`${files} files, ${formatSize(bytes)}, in ${to}\n`)
    })
}
