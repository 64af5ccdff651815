/** Bytes as people read them: `10.0 GB`. */
export function formatSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let unit = 0
  let amount = bytes
  for (; amount >= 1000 && unit < units.length - 1; unit++) amount /= 1000
  return `${unit === 0 ? amount : amount.toFixed(1)} ${units[unit]}`
}
