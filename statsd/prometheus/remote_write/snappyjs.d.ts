/** Snappy's block format (https://github.com/google/snappy/blob/main/format_description.txt). */
declare module 'snappyjs' {
  export function compress(bytes: Buffer): Buffer
  /** Throws Error for what is not snappy, or says that it is longer than `maxLength`. */
  export function uncompress(bytes: Buffer, maxLength?: number): Buffer
}
