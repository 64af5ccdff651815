/** What the digest keeps for itself, and what it hands on. */
export const digestTables = `
-- cursor: JSON of the journal's places behind what is in this file; outbox: the last number given out; …
create table meta (
  key text primary key,
  value text not null
) strict, without rowid;

-- Lines for the journal that are not yet known to be in it.
create table outbox (
  number integer primary key,
  stream text not null,
  count integer not null,
  lines blob not null
) strict;

-- What somebody may want to be told of, in order; whoever alerts reads it with a cursor of its own and deletes it.
create table triggers (
  number integer primary key autoincrement,
  -- new_issue, regression, escalation, unarchived, new_release, missed_check_in, failed_check_in, recovered_check_in, feedback.
  kind text not null,
  project integer not null,
  issue integer,
  -- 32 hex.
  event_id text,
  at_ms integer not null,
  -- JSON: {level, environment, release, tags: {…}, title, culprit, …} as the event had it.
  data text not null default '{}'
) strict;
`
