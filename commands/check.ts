import type { Command } from 'commander'
import { exitCodes } from './exit_codes.ts'
import { addConfigOptions } from './start.ts'
import type { World } from './world.ts'

export function registerCheck(program: Command, world: World): void {
  const command = program.command('check').description('find every problem without starting')
  addConfigOptions(command).action(() => {
    world.stderr.write('')
    return Promise.resolve(exitCodes.ok)
  })
}
