import type { Call, Calls } from './call.ts'

/**
 * Whose file answers, by the first part of a call's name: `issues` of `issues.list`. Each is imported when it is
 * first asked.
 */
const answering: Readonly<Record<string, () => Promise<Calls>>> = {
  grouping: async () => (await import('../regroup/calls.ts')).groupingCalls,
  alerts: async () => (await import('../alerts/calls.ts')).alertCalls,
  uploads: async () => (await import('../uploads/calls.ts')).uploadCalls,
  web: async () => (await import('../api/web_calls.ts')).webCalls,
}

/** @throws TypeError when nothing answers to that name: the asking side is wrong. */
export async function callOf(name: string): Promise<Call> {
  const area = name.split('.', 1)[0]!
  const calls = Object.hasOwn(answering, area) ? await answering[area]!() : {}
  if (!Object.hasOwn(calls, name)) throw new TypeError(`the digest answers no ${name}`)
  return calls[name]!
}
