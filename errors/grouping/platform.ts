/** Platforms whose frames are treated alike; rules ask for them with `family:`. */
export type Family = 'javascript' | 'native' | 'other'
export const families: readonly Family[] = ['javascript', 'native', 'other']

const native = new Set(['c', 'cpp', 'cocoa', 'objc', 'swift', 'native', 'rust'])

export function familyOf(platform: string): Family {
  if (platform === 'javascript' || platform === 'node') return 'javascript'
  return native.has(platform) ? 'native' : 'other'
}
