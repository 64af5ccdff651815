/** Rows under headings in columns as wide as needed; numbers to the right. */
export function formatTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => (row[column] ?? '').length)),
  )
  const isNumber = headings.map(
    (_, column) =>
      rows.length > 0 &&
      rows.every((row) => /^[\d.,-]*( ?[kMGT]?B| ?m?s|%)?$/.test(row[column] ?? '')),
  )
  const format = (row: readonly string[]) =>
    widths
      .map((width, column) => {
        const cell = row[column] ?? ''
        return isNumber[column] ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd()
  return [headings, ...rows].map(format).join('\n')
}
