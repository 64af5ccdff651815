/** Why a frame was not mapped, as `data.unmapped` of the frame has it and people read it. */
export const unmapped = {
  noLine: 'line missing',
  noColumn: 'column missing: the browser or SDK did not send it',
  noFile: 'the frame names no file',
  made: 'code made at runtime (eval, blob:) has no file that could be uploaded',
  noDebugId: 'no file with this debug id was uploaded',
  otherProject: 'files with this debug id were uploaded to another project only',
  scriptOnly: 'the script with this debug id was uploaded, its source map was not',
  noRelease: 'the event names no debug id of this file, and no release to look under',
  emptyRelease:
    'the event names no debug id of this file, and nothing was uploaded for its release',
  noUrl: 'no map for this release and url',
  otherDist: 'the release has this url only for another dist',
  noReference: 'the script was uploaded, but neither it nor its headers name a source map',
  missingReference: 'the script names a source map that was not uploaded',
  notInMap: 'the position is not in the map',
  gone: 'the bytes of the map are no longer there',
  late: 'uploaded after the event',
} as const
