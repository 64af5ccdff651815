/** What the web API lists by, beside what the digest looks up by. */
export const webIndexes = `
create index events_by_project on events (project, id);
`
