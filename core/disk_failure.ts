/** System errors of a disk that is full, over its quota, failing or read-only. */
const systemCodes = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EROFS'])
/** SQLITE_READONLY, SQLITE_IOERR, SQLITE_FULL: the low byte of an extended code. */
const sqliteCodes = new Set([8, 10, 13])

/**
 * Whether something failed because the disk does not take or give anything now. That says nothing about what
 * is on it, and may be over in a moment.
 */
export function isDiskFailure(failure: unknown): boolean {
  if (!(failure instanceof Error)) return false
  const { code, errcode } = failure as Error & { code?: unknown; errcode?: unknown }
  if (code === 'ERR_SQLITE_ERROR') return sqliteCodes.has(Number(errcode) & 0xff)
  return systemCodes.has(String(code))
}
