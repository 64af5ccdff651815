import { expect, test } from 'vitest'
import { inProcess } from '../in_process.ts'

test.each([
  [['resolve', 'X', '--in-commit', 'abc'], 'The id of a commit has 4 to 64 letters and digits.'],
  [['archive', 'X', '--for', '0'], 'It has to be a whole number above 0.'],
  [['archive', 'X', '--until-events', '0'], 'It has to be a whole number above 0.'],
  [['archive', 'X', '--until-users', 'x'], 'It has to be a whole number.'],
])('errors %s is refused in the words of the command', async (argv, text) => {
  const { code, stderr } = await inProcess(['errors', ...argv, '-d', '/nonexistent'])
  expect(code).toBe(2)
  expect(stderr).toContain(text)
})
