import { resolve } from 'node:path'
import { Argument, type Command } from 'commander'
import { systemClock } from '../core/clock.ts'
import { holdDataFolder } from '../core/data_folder.ts'
import { WeirError } from '../core/errors.ts'
import { formatSize } from '../core/size_text.ts'
import { readContents } from './backup/contents.ts'
import { restoreInto } from './backup/restored.ts'
import { type ConfigOptions, dataFolderFor } from './load_config.ts'
import { Progress } from './progress.ts'
import type { World } from './world.ts'

export function registerRestore(program: Command, world: World): void {
  program
    .command('restore')
    .summary('fill a new data folder from a backup')
    .description(
      'Copies a backup into a data folder that is new or empty, checking each file. Start Weir on it as usual afterwards.',
    )
    .addArgument(new Argument('<folder>', 'what weir backup made'))
    .addHelpText(
      'before',
      `Examples:
  weir restore /backups/weir-2026-11-21 --data-dir /srv/weir
`,
    )
    .action(async (source: string, _options, self: Command) => {
      const folder = await dataFolderFor(world, self.optsWithGlobals<ConfigOptions>())
      const backup = resolve(world.cwd, source)
      const contents = readContents(backup)
      if (`${folder}/`.startsWith(`${backup}/`)) {
        const text = `${folder} lies in the backup itself: restore into a folder elsewhere`
        throw new WeirError('WEIR_DATA_UNUSABLE', text)
      }
      const total = contents.files.reduce((sum, { bytes }) => sum + bytes, 0)
      const held = holdDataFolder(folder, {
        pid: world.pid,
        started_at: new Date().toISOString(),
        command: `weir ${world.argv.join(' ')}`,
      })
      const progress = new Progress(world.stderr, systemClock)
      let done = 0
      try {
        await restoreInto(folder, backup, contents, (bytes) => {
          done += bytes
          progress.show(done, total)
        })
      } finally {
        progress.clear()
        held.release()
      }
      const { files, time } = contents
      world.stderr.write(
        `${folder} is as it was at ${time}: ${files.length} files, ${formatSize(total)}\n`,
      )
    })
}
