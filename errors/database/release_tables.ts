/** Releases, environments, commits, deploys; sessions; monitors and check-ins. Everything is by project. */
export const releaseTables = `
create table releases (
  id integer primary key autoincrement,
  project integer not null,
  version text not null,
  -- package of package@version, empty without one; sort orders releases of one package (errors/releases/order.ts),
  -- null for what is no semantic version.
  package text not null default '',
  sort text,
  created_ms integer not null,
  -- When it was finished, as the uploader says; null while it is not.
  released_ms integer,
  first_event_ms integer,
  last_event_ms integer,
  events integer not null default 0,
  new_issues integer not null default 0,
  ref text,
  url text,
  -- JSON object of whatever else the uploader sent.
  data text not null default '{}',
  unique (project, version)
) strict;
create index releases_by_version on releases (version);
create index releases_by_sort on releases (project, package, sort);

create table release_environments (
  project integer not null, version text not null, environment text not null,
  first_seen_ms integer not null, last_seen_ms integer not null, events integer not null,
  primary key (project, version, environment)
) strict, without rowid;

create table environments (
  project integer not null, name text not null,
  first_seen_ms integer not null, last_seen_ms integer not null, events integer not null default 0,
  hidden integer not null default 0,
  primary key (project, name)
) strict, without rowid;

create table release_commits (
  project integer not null, version text not null,
  -- In the release, newest first, from 0.
  place integer not null,
  id text not null, repository text, author_name text, author_email text, message text, timestamp_ms integer,
  -- JSON list of {path, type}.
  patch_set text,
  primary key (project, version, place)
) strict, without rowid;
create index release_commits_by_id on release_commits (id);

create table deploys (
  id integer primary key autoincrement,
  project integer not null, version text not null, environment text not null,
  name text, url text, started_ms integer, finished_ms integer not null
) strict;
create index deploys_by_release on deploys (project, version);

-- Sums: every session in one row, by the hour in which it began and by what it came to.
create table session_hours (
  project integer not null, release text not null, environment text not null, hour_ms integer not null,
  started integer not null default 0,
  -- Ended with errors, without crashing.
  errored integer not null default 0,
  crashed integer not null default 0,
  abnormal integer not null default 0,
  primary key (project, release, environment, hour_ms)
) strict, without rowid;

-- Users of a release by day: hash of their id, and the worst that happened to them (0 ok, 1 errored, 2 abnormal, 3 crashed).
create table session_users (
  project integer not null, release text not null, environment text not null, day_ms integer not null,
  user integer not null, worst integer not null,
  primary key (project, release, environment, day_ms, user)
) strict, without rowid;

-- Sessions that may still change, as they were counted last.
create table sessions (
  project integer not null, sid text not null,
  release text not null, environment text not null, hour_ms integer not null,
  seq integer not null,
  -- ok, errored, crashed, abnormal.
  counted text not null,
  user integer,
  updated_ms integer not null,
  primary key (project, sid)
) strict, without rowid;
create index sessions_by_update on sessions (updated_ms);

create table monitors (
  id integer primary key autoincrement,
  project integer not null,
  slug text not null,
  name text not null,
  -- JSON: {type: 'crontab', value: '*/5 * * * *'} or {type: 'interval', value: 5, unit: 'minute'}; null: none was told.
  schedule text,
  timezone text not null default 'UTC',
  margin_minutes integer not null default 1,
  max_runtime_minutes integer not null default 30,
  -- Failures in a row that make an incident, successes that end it.
  failure_threshold integer not null default 1,
  recovery_threshold integer not null default 1,
  muted integer not null default 0,
  created_ms integer not null,
  unique (project, slug)
) strict;

create table monitor_environments (
  monitor integer not null, environment text not null,
  -- ok, in_progress, error, missed, timeout.
  status text not null,
  last_check_in_ms integer,
  -- When the next one is due; null without a schedule.
  next_ms integer,
  failures integer not null default 0,
  successes integer not null default 0,
  -- Since when it fails; null: it does not.
  incident_ms integer,
  primary key (monitor, environment)
) strict, without rowid;
create index monitor_environments_by_next on monitor_environments (next_ms);

create table check_ins (
  id integer primary key autoincrement,
  monitor integer not null, environment text not null,
  -- 32 hex; null for one that never came.
  check_in_id text,
  -- ok, in_progress, error, missed, timeout.
  status text not null,
  -- When it was due, and when it came.
  expected_ms integer,
  started_ms integer not null,
  updated_ms integer not null,
  duration_ms integer,
  -- When one in progress takes too long.
  timeout_ms integer,
  trace_id text
) strict;
create index check_ins_by_monitor on check_ins (monitor, id);
create index check_ins_by_check_in_id on check_ins (check_in_id) where check_in_id is not null;
create index check_ins_by_timeout on check_ins (timeout_ms) where timeout_ms is not null;
`
