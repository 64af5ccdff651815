import { Option, type Command } from 'commander'
import { refuseHalfRestored } from './backup/restored.ts'
import { showBanner } from './banner.ts'
import { unknownCommand } from './command_names.ts'
import { exitCodes } from './exit_codes.ts'
import { configSources, dataFolderOf, refuseEmptied, type ConfigOptions } from './load_config.ts'
import type { Loaded } from './running.ts'
import type { World } from './world.ts'

/** Options that `start` and `check` share. */
export function addConfigOptions(command: Command): Command {
  return command
    .option('-l, --listen <address...>', 'HTTP address: host:port, unix:/path or fd:3')
    .option('--roles <list>', 'parts to run, by commas: collector,statsd,errors,store,web')
    .addOption(
      new Option('--log-level <level>', 'least severe message logged').choices([
        'trace',
        'debug',
        'info',
        'warn',
        'error',
        'fatal',
        'silent',
      ]),
    )
}

export function registerStart(program: Command, world: World): void {
  const command = program
    .command('start', { isDefault: true })
    .description('run Weir (the default)')
    .argument('[nothing...]')
    .usage('[options]')
    .addHelpText(
      'before',
      `Examples:
  weir start                              logs on http://127.0.0.1:4400/in/<tag>
  weir start --config /etc/weir/weir.yaml
  weir start --listen 0.0.0.0:4400 --data-dir /srv/weir
  weir start --listen unix:/run/weir/http.sock
Signals: TERM or INT finishes what is under way (shutdown_timeout), a second one ends at once;
HUP reads the config again.
`,
    )
  addConfigOptions(command).action(async (words: string[], _options, started: Command) => {
    if (words[0] !== undefined) throw unknownCommand(words[0])
    await start(world, started.optsWithGlobals())
  })
}

/** Starts everything and returns once it has stopped. */
async function start(world: World, options: ConfigOptions): Promise<void> {
  // At once: a HUP that nobody hears ends the process. One that comes early is done when everything runs.
  const hangups = { areHeard: false, hear: () => void (hangups.areHeard = true) }
  world.onSignal('SIGHUP', () => hangups.hear())
  const [{ rootSchema }, { loadConfig }, { holdDataFolder }] = await Promise.all([
    import('../config.ts'),
    import('../core/config/load.ts'),
    import('../core/data_folder.ts'),
  ])
  const read = (): Loaded => loadConfig(rootSchema, configSources(world, options))
  const readAgain = () => {
    refuseEmptied(configSources(world, options))
    return read()
  }
  const loaded = read()
  const dataFolder = dataFolderOf(world, loaded.config.data_dir)
  const folder = holdDataFolder(dataFolder, {
    pid: world.pid,
    started_at: new Date().toISOString(),
    command: `weir ${world.argv.join(' ')}`.trim(),
  })
  // What is under way while it starts or stops may wait for nothing but timers, which do not keep a process up.
  const held = setInterval(() => undefined, 60_000)
  try {
    refuseHalfRestored(dataFolder)
    const { beginThreads } = await import('./begin_threads.ts')
    beginThreads(loaded)
    const { createService } = await import('./service.ts')
    const service = await createService(world, loaded, dataFolder)
    const ended = untilSignal(world)
    await service.start()
    showBanner(world, service.log, { ...service.facts(), dataFolder, loaded })
    world.started()
    hangups.hear = () => void service.reload(readAgain)
    if (hangups.areHeard) hangups.hear()

    const signal = await ended
    const { shutdown_timeout } = loaded.config
    service.log.info({ signal, shutdown_timeout_ms: shutdown_timeout }, 'stopping')
    await service.stop(AbortSignal.timeout(shutdown_timeout))
    service.log.info('stopped')
  } finally {
    clearInterval(held)
    folder.release()
  }
  // Everything is closed; what a library still holds open must not keep the process.
  world.exit(exitCodes.ok)
}

/** Resolves at the first TERM or INT; a second one ends the process, with the shell's code for it. */
function untilSignal(world: World): Promise<NodeJS.Signals> {
  const numbers: Partial<Record<NodeJS.Signals, number>> = { SIGINT: 2, SIGTERM: 15 }
  return new Promise((resolve) => {
    let count = 0
    for (const name of ['SIGTERM', 'SIGINT'] as const) {
      world.onSignal(name, (signal) => {
        if (++count > 1) world.exit(128 + (numbers[signal] ?? 0))
        resolve(signal)
      })
    }
  })
}
