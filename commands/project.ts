import type { Command } from 'commander'
import type { ShownProject } from '../errors/projects/operations.ts'
import { configSources, dataFolderOf, type ConfigOptions } from './load_config.ts'
import { operate } from './operate.ts'
import { formatTable } from './table.ts'
import { writeLine, type World } from './world.ts'

export function registerProject(program: Command, world: World): void {
  const project = program
    .command('project')
    .description('projects that error reports go to, and their DSNs')
    .addHelpText(
      'before',
      `Examples:
  weir project add shop                      make one, and print its DSN
  weir project ls                            all of them
  weir project key add shop --label browser --origin https://shop.example.com
  weir project key disable shop 3f2a         by the beginning of the key
  weir project key rotate shop 3f2a          a new key instead of this one
Projects of the config (errors.projects) are changed there.
`,
    )
  addProjects(project, world)
  addKeys(project, world)
}

interface JsonOption {
  readonly json?: true
}

function addProjects(project: Command, world: World): void {
  project
    .command('ls')
    .description('list them')
    .option('--json', 'as NDJSON, with keys and DSNs')
    .action(async (options: JsonOption, command: Command) => {
      const rows: string[][] = []
      for await (const item of ask(world, command, 'ls', {})) {
        const found = item as ShownProject
        if (options.json) await writeLine(world.stdout, JSON.stringify(found))
        const dsn = found.keys.find(({ disabled }) => !disabled)?.dsn ?? 'every key is disabled'
        rows.push([String(found.id), found.slug, found.source, dsn])
      }
      if (options.json) return
      if (rows.length === 0) world.stderr.write('no projects: weir project add NAME makes one\n')
      else await writeLine(world.stdout, formatTable(['ID', 'NAME', 'FROM', 'DSN'], rows))
    })
  project
    .command('add')
    .description('make one, and print its DSN')
    .argument('<name>', 'lower-case letters, digits, - and _')
    .option('--title <text>', 'its name as people read it')
    .option('--platform <name>', 'what it is written in, such as node or python')
    .option('--json', 'as JSON')
    .action(
      async (
        slug: string,
        options: JsonOption & { title?: string; platform?: string },
        command: Command,
      ) => {
        const { title, platform } = options
        await print(world, command, 'add', { slug, name: title, platform }, options)
      },
    )
  project
    .command('show')
    .description('one with its keys and DSNs')
    .argument('<name>', 'its name or id')
    .option('--json', 'as JSON')
    .action(async (name: string, options: JsonOption, command: Command) => {
      for await (const item of ask(world, command, 'show', { project: name })) {
        await printProject(world, item as ShownProject, options)
      }
    })
  project
    .command('rm')
    .description('remove one; its reports stay until retention takes them')
    .argument('<name>', 'its name or id')
    .action(async (name: string, _options, command: Command) => {
      for await (const slug of ask(world, command, 'rm', { project: name })) {
        world.stderr.write(`${String(slug)} is removed\n`)
      }
    })
}

function addKeys(project: Command, world: World): void {
  const key = project.command('key').description('keys of a project')
  key
    .command('add')
    .description('make one more')
    .argument('<project>', 'its name or id')
    .option('--label <text>', 'what it is for')
    .option('--origin <origin...>', 'pages that alone may use it, such as https://shop.example.com')
    .option('--json', 'the project as JSON')
    .action(
      async (
        name: string,
        options: JsonOption & { label?: string; origin?: string[] },
        command: Command,
      ) => {
        const { label, origin: origins } = options
        await print(world, command, 'key.add', { project: name, label, origins }, options)
      },
    )
  for (const verb of ['disable', 'enable'] as const) {
    key
      .command(verb)
      .description(verb === 'disable' ? 'refuse reports with it' : 'take reports with it again')
      .argument('<project>', 'its name or id')
      .argument('<key>', 'the key, or its beginning')
      .option('--json', 'the project as JSON')
      .action(async (name: string, text: string, options: JsonOption, command: Command) => {
        await print(world, command, `key.${verb}`, { project: name, key: text }, options)
      })
  }
  key
    .command('rotate')
    .description('make another in its place, and disable it')
    .argument('<project>', 'its name or id')
    .argument('<key>', 'the key, or its beginning')
    .option('--keep', 'leave the old one working, to be disabled later')
    .option('--json', 'the project as JSON')
    .action(
      async (
        name: string,
        text: string,
        options: JsonOption & { keep?: true },
        command: Command,
      ) => {
        const { keep } = options
        await print(world, command, 'key.rotate', { project: name, key: text, keep }, options)
      },
    )
}

async function print(
  world: World,
  command: Command,
  operation: string,
  args: object,
  options: JsonOption,
): Promise<void> {
  for await (const item of ask(world, command, operation, args)) {
    await printProject(world, item as ShownProject, options)
  }
}

async function printProject(world: World, found: ShownProject, { json }: JsonOption) {
  if (json) return await writeLine(world.stdout, JSON.stringify(found))
  const { id, slug, platform, keys } = found
  await writeLine(world.stdout, `project ${slug} (id ${id}${platform ? `, ${platform}` : ''})`)
  for (const { label, disabled, origins, dsn, dsn_with_secret: old } of keys) {
    const notes = [
      ...(disabled ? ['disabled'] : []),
      ...(origins ? [`only from ${origins.join(', ')}`] : []),
    ]
    const note = notes.length > 0 ? ` (${notes.join('; ')})` : ''
    await writeLine(
      world.stdout,
      `  ${label}${note}\n    DSN                       ${dsn}\n    for old raven SDKs        ${old}`,
    )
  }
}

async function* ask(world: World, command: Command, operation: string, args: object) {
  const [{ rootSchema }, { loadConfig }, { httpAddresses, urlFor }] = await Promise.all([
    import('../config.ts'),
    import('../core/config/load.ts'),
    import('./http_addresses.ts'),
  ])
  const options = command.optsWithGlobals<ConfigOptions>()
  const loaded = loadConfig(rootSchema, configSources(world, options))
  const { config } = loaded
  const { formatListen } = await import('../core/http/address.ts')
  const urls = httpAddresses(world, loaded).map((address) => {
    return address.kind === 'tcp' ? `http://${formatListen(address)}` : ''
  })
  // What a Weir that runs knows itself.
  const stopped = {
    engine: config.store.engine,
    configured: config.errors.projects,
    base_url: urlFor(config.http, urls),
  }
  const folder = dataFolderOf(world, config.data_dir)
  yield* operate(world, folder, `project.${operation}`, { ...args, stopped }, options)
}
