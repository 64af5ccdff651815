/** Archives that end at a time, by that time: it is looked at every few seconds, and most archives have none. */
export const archiveEnds = `
create index issue_texts_by_archive_end on issue_texts (json_extract(archive, '$.until_ms'))
  where json_extract(archive, '$.until_ms') is not null;
`
