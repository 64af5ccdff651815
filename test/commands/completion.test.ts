import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { inProcess } from './in_process.ts'

/** What bash offers behind `line`, whose last word is being typed. */
async function offered(line: string): Promise<string[]> {
  const { stdout: script } = await inProcess(['completion', 'bash'])
  const words = line.split(' ')
  const ask = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
_weir; printf '%s\\n' "\${COMPREPLY[@]}"`
  const text = execFileSync('bash', ['--norc', '-c', `${script}\n${ask}`], { encoding: 'utf8' })
  return text.split('\n').filter((word) => word !== '')
}

test.each([
  ['weir jo', ['journal']],
  ['weir journal s', ['seek']],
  ['weir parse n', ['nginx', 'none']],
  ['weir completion ', ['bash', 'zsh', 'fish']],
  ['weir start --log-level d', ['debug']],
  ['weir parse nginx --fields ', ['ecs', 'fluentd']],
  ['weir parse nginx --fie', ['--fields']],
  ['weir -c weir.yaml journal c', ['cat']],
  ['weir --config = weir.yaml journal c', ['cat']],
  ['weir journal cat --tag journal --li', ['--limit']],
  ['weir --data-dir /de', ['/dev']],
  ['weir parse --fields ecs nginx /dev/nul', ['/dev/null']],
  ['weir journal cat --tag ', []],
])('bash offers behind %j', async (line, words) => {
  const found = await offered(line)
  expect(found.filter((word) => line.endsWith(' ') === false || !word.startsWith('-'))).toEqual(
    words,
  )
})

test('zsh and fish know the words too', async () => {
  const { stdout: zsh } = await inProcess(['completion', 'zsh'])
  expect(zsh).toContain('"parse") compadd -- json nginx')
  const { stdout: fish } = await inProcess(['completion', 'fish'])
  expect(fish).toMatch(/seen_subcommand_from parse' -a 'json nginx/)
  expect(fish).toMatch(/-l log-level -x -a 'trace debug/)
})

test('a shell that is not known', async () => {
  const { code, stderr } = await inProcess(['completion', 'tcsh'])
  expect(stderr).toContain('Allowed choices are bash, zsh, fish')
  expect(code).toBe(2)
})
