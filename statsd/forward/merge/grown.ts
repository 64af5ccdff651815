/** The first `rows` of a column, with room for `length`; what is new is `filled`. */
export function grown(
  column: Float64Array,
  rows: number,
  length: number,
  filled = 0,
): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(length).fill(filled, rows)
  larger.set(column.subarray(0, rows))
  return larger
}
