/** Events: those that are kept, what is known of the others, and what comes with them. */
export const eventTables = `
-- Events of which the body is kept. id counts in the order in which they were digested.
create table events (
  id integer primary key autoincrement,
  project integer not null,
  -- 16 bytes.
  event_id blob not null,
  issue integer not null,
  -- The hash by which it was grouped.
  hash text not null,
  received_ms integer not null,
  timestamp_ms integer not null,
  level text not null,
  release text,
  environment text,
  -- Known as: id:7, email:…, username:…, ip:….
  user text,
  transaction_name text,
  trace_id text,
  -- Why it is kept: bits of errors/digest/sampling.ts.
  why integer not null,
  -- Of the body, compressed.
  bytes integer not null
) strict;
create unique index events_by_event_id on events (event_id, project);
create index events_by_issue on events (issue, id);
create index events_by_trace on events (trace_id) where trace_id is not null;

-- The normalised, scrubbed, mapped event as JSON, compressed with zstd.
create table event_bodies (
  event integer primary key,
  body blob not null
) strict;

-- Words of kept events. rowid is events.id.
create virtual table event_words using fts5(
  type, message, frames, tags, user, request, breadcrumbs,
  content='', contentless_delete=1, detail=column,
  tokenize="unicode61 remove_diacritics 2 tokenchars '_'"
);

-- Ids of events that were digested, so that none counts twice: 24 bytes each, project (a double, big endian) and
-- event id.
create table seen (
  number integer primary key,
  received_ms integer not null,
  ids blob not null
) strict;

create table attachments (
  id integer primary key autoincrement,
  project integer not null,
  event_id blob not null,
  -- Null while no event with the id was digested.
  issue integer,
  name text not null,
  type text not null,
  content_type text not null,
  size integer not null,
  -- SHA-256 in hex: a file under <data>/errors/blobs.
  blob text not null,
  received_ms integer not null
) strict;
create index attachments_by_event on attachments (event_id, project);
create index attachments_by_issue on attachments (issue) where issue is not null;
create index attachments_by_blob on attachments (blob);

create table feedback (
  id integer primary key autoincrement,
  project integer not null,
  event_id blob,
  issue integer,
  name text, email text, message text not null, url text, source text not null,
  received_ms integer not null
) strict;
create index feedback_by_project on feedback (project, id);
create index feedback_by_issue on feedback (issue) where issue is not null;
create index feedback_by_event on feedback (event_id) where event_id is not null;

-- All that came in, by what became of it. outcome: accepted, duplicate, client_discard (by the SDK), rate_limited,
-- filtered (Weir has no use for it), invalid; reason as the SDK or Weir names it, empty for accepted.
create table project_hours (
  project integer not null, hour_ms integer not null, key text not null, category text not null,
  outcome text not null, reason text not null, quantity integer not null,
  primary key (project, hour_ms, key, category, outcome, reason)
) strict, without rowid;
`
