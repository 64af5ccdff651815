/**
 * Issues and what is counted of them. `issues` has what changes with each event and what lists are filtered by,
 * in narrow rows, so that a batch writes few pages; `issue_texts` what is shown. Times are milliseconds since the
 * epoch; hours and days are the time of their beginning.
 */
export const issueTables = `
create table issues (
  id integer primary key autoincrement,
  project integer not null,
  -- Counts the issues of a project from 1: the end of the short id.
  number integer not null,
  -- error, default, csp, hpkp, expectct, expectstaple.
  type text not null,
  level text not null,
  -- unresolved, resolved, ignored.
  status text not null default 'unresolved',
  -- Of unresolved: new, ongoing, regressed, escalating. Of ignored: archived_until_escalating,
  -- archived_until_condition_met, archived_forever. Of resolved: null.
  substatus text,
  status_changed_ms integer not null,
  priority text not null default 'medium',
  first_seen_ms integer not null,
  last_seen_ms integer not null,
  -- Exact, whatever is kept.
  events integer not null default 0,
  users integer not null default 0,
  -- Events of which the body is kept.
  kept integer not null default 0,
  assignee text,
  first_release text,
  last_release text,
  platform text not null default 'other',
  logger text,
  -- 1: the message is part of the group.
  split_by_message integer not null default 0,
  unique (project, number)
) strict;
create index issues_by_last_seen on issues (project, status, last_seen_ms);
create index issues_by_first_seen on issues (project, first_seen_ms);

create table issue_texts (
  issue integer primary key,
  title text not null,
  -- Of the main exception; empty where there is none.
  error_type text not null default '',
  error_value text not null default '',
  culprit text not null default '',
  filename text not null default '',
  function text not null default '',
  -- JSON object, as Sentry shows it: {type, value, filename, function} or {title}.
  metadata text not null default '{}',
  -- JSON, null unless resolved: {kind: 'now'|'next_release'|'release'|'commit', release?, commit?, by?, at_ms}.
  resolution text,
  -- JSON, null unless ignored: {until_ms?, events?, users?, window_ms?, escalating?, base_events, base_users, base_hours?, base_user_hours?, by?, at_ms}.
  archive text
) strict;

-- Which issue an event with this hash belongs to. Merge, unmerge and split work on it.
create table issue_hashes (
  project integer not null,
  hash text not null,
  issue integer not null,
  -- Of the grouping that made it.
  version text not null,
  -- app, system, default, custom-fingerprint, checksum, …
  variant text not null,
  -- Events that were grouped by this hash (the first of their hashes).
  events integer not null default 0,
  first_seen_ms integer not null,
  last_seen_ms integer not null,
  primary key (project, hash)
) strict, without rowid;
create index issue_hashes_by_issue on issue_hashes (issue);

create table issue_hours (
  issue integer not null, hour_ms integer not null, events integer not null,
  primary key (issue, hour_ms)
) strict, without rowid;
-- What left issue_hours by its age.
create table issue_days (
  issue integer not null, day_ms integer not null, events integer not null,
  primary key (issue, day_ms)
) strict, without rowid;

create table issue_releases (
  issue integer not null, release text not null, events integer not null,
  first_seen_ms integer not null, last_seen_ms integer not null,
  primary key (issue, release)
) strict, without rowid;
create index issue_releases_by_release on issue_releases (release);

create table issue_environments (
  issue integer not null, environment text not null, events integer not null,
  first_seen_ms integer not null, last_seen_ms integer not null,
  primary key (issue, environment)
) strict, without rowid;
create index issue_environments_by_environment on issue_environments (environment);

-- Values of tags, and of what is searched like them: user (as id:7), url, transaction, mechanism, handled, …
-- Not release and environment, which have tables of their own. The empty value stands for all values that had no
-- room, so that the sum over a key is exact.
create table issue_tags (
  issue integer not null, key text not null, value text not null, events integer not null,
  first_seen_ms integer not null, last_seen_ms integer not null,
  primary key (issue, key, value)
) strict, without rowid;
create index issue_tags_by_value on issue_tags (key, value);

-- Users by the first 8 bytes of the SHA-256 of what they are known by.
create table issue_users (
  issue integer not null, user integer not null, first_seen_ms integer not null,
  primary key (issue, user)
) strict, without rowid;

-- What happened to an issue, newest last. Data and undo are JSON.
create table activity (
  id integer primary key autoincrement,
  project integer not null,
  issue integer not null,
  -- first_seen, set_resolved, set_resolved_in_release, set_resolved_in_commit, set_regression, set_unresolved,
  -- set_ignored, set_escalating, assigned, unassigned, set_priority, note, merge, unmerge, split, deleted, undo, …
  kind text not null,
  at_ms integer not null,
  -- Who did it; null: Weir did.
  actor text,
  data text not null default '{}',
  -- What takes it back; null where nothing does; {} of an issue that was merged in.
  undo text,
  undone integer not null default 0
) strict;
create index activity_by_issue on activity (issue, id);

create table bookmarks (
  issue integer not null, actor text not null, at_ms integer not null,
  primary key (issue, actor)
) strict, without rowid;

-- Issues that were merged away, so that links to them still lead somewhere and unmerge can bring them back.
create table merged_issues (
  issue integer primary key,
  project integer not null,
  number integer not null,
  into_issue integer not null,
  at_ms integer not null,
  -- JSON: rows of the issue and its counts when it was merged, compressed with zstd.
  saved blob not null
) strict;
create index merged_issues_by_target on merged_issues (into_issue);
`
