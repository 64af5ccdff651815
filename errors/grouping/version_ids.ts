/** Every way in which Weir has ever grouped, newest first; each hash is kept with the id of the one that made it. */
export const versionIds = ['weir:2026-11-21'] as const
export type VersionId = (typeof versionIds)[number]
export const newestVersion: VersionId = versionIds[0]
