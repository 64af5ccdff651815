import type { Command } from 'commander'
import { ConfigError } from '../core/errors.ts'
import { dataFolderOf, readFrom, type ConfigOptions } from './load_config.ts'
import { exitCodes } from './exit_codes.ts'
import type { Finding } from './finding.ts'
import { httpAddresses } from './http_addresses.ts'
import { addConfigOptions } from './start.ts'
import { coloured, writeLine, type World } from './world.ts'

export function registerCheck(program: Command, world: World): void {
  const command = program
    .command('check')
    .description('find every problem without starting')
    .addHelpText(
      'before',
      `Examples:
  weir check --config weir.yaml
  weir check --config weir.yaml --json | jq -r .message
Looks at the config, the data folder, addresses, files and targets, and changes nothing. Exit code 1
when there is a problem; notes alone are none.
`,
    )
    .option('--json', 'findings as NDJSON')
  addConfigOptions(command).action(async (_options, checked: Command) => {
    const options = checked.optsWithGlobals<ConfigOptions & { json?: true }>()
    const findings = await gather(world, options)
    for (const finding of findings) {
      if (options.json) await writeLine(world.stdout, JSON.stringify(finding))
      else await writeLine(world.stdout, formatFinding(world, finding))
    }
    const problems = findings.filter(({ level }) => level === 'problem').length
    if (problems > 0) {
      world.stderr.write(`${problems} ${problems === 1 ? 'problem' : 'problems'}\n`)
      world.setExitCode(exitCodes.failure)
    } else world.stderr.write('everything is in order\n')
  })
}

/** Config mistakes, or, when there are none, everything that the config leads to. */
async function gather(world: World, options: ConfigOptions): Promise<readonly Finding[]> {
  const { rootSchema } = await import('../config.ts')
  const result = readFrom(world, options, rootSchema)
  if (result.problems !== undefined) {
    const { formatProblem } = await import('../core/config/problem.ts')
    return result.problems.map((problem) => ({
      level: 'problem',
      subject: 'config',
      message: formatProblem(problem),
    }))
  }
  const { checkAll } = await import('./checks.ts')
  const dataFolder = dataFolderOf(world, result.config.data_dir)
  try {
    return await checkAll(result, dataFolder, httpAddresses(world, result))
  } catch (failure) {
    if (!(failure instanceof ConfigError)) throw failure
    return [{ level: 'problem', subject: 'config', message: failure.message }]
  }
}

function formatFinding(world: World, { level, subject, message }: Finding): string {
  const colour = coloured(world, world.stdout)
  const mark = level === 'problem' ? colour('red', 'problem') : colour('yellow', 'note   ')
  return `${mark}  ${subject}: ${message}`
}
