/** Platforms whose frames are treated alike; rules ask for them with `family:`. */
export type Family = 'javascript' | 'native' | 'other'
export const families: readonly Family[] = ['javascript', 'native', 'other']

const javaScript = new Set(['javascript', 'node', 'bun', 'deno'])
const native = new Set(['c', 'cpp', 'cocoa', 'objc', 'swift', 'native', 'rust'])

export function familyOf(platform: string): Family {
  if (javaScript.has(platform)) return 'javascript'
  return native.has(platform) ? 'native' : 'other'
}

const jvm = new Set(['java', 'kotlin', 'groovy', 'scala', 'clojure'])

export const isJvm = (platform: string): boolean => jvm.has(platform)
