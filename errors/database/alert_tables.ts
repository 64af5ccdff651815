/** What people are to be told, and what they were told. Rules are known by their names. */
export const alertTables = `
-- What a rule is to tell once it is due. It becomes part of a message, or is counted as held back.
create table alert_notices (
  id integer primary key autoincrement,
  rule text not null,
  due_ms integer not null,
  -- 1: collected with others, for a digest or because of quiet hours.
  collected integer not null,
  -- JSON: the trigger.
  trigger text not null
) strict;
create index alert_notices_by_rule on alert_notices (rule, due_ms);

create table alert_rules (
  rule text primary key,
  -- JSON list: when its messages of the last hour were made.
  messages_ms text not null default '[]',
  -- Held back since the last message, and since when.
  capped integer not null default 0,
  cooled integer not null default 0,
  held_since_ms integer,
  -- In all.
  told integer not null default 0,
  suppressed integer not null default 0
) strict, without rowid;

-- Until when a rule says no more about something: issue:7, monitor:…, project:….
create table alert_cooldowns (
  rule text not null, subject text not null, until_ms integer not null,
  primary key (rule, subject)
) strict, without rowid;
create index alert_cooldowns_by_end on alert_cooldowns (until_ms);

-- Messages by channel. Recorded before they are sent, and after.
create table alert_deliveries (
  id integer primary key autoincrement,
  -- 32 hex: what the target may know the message by.
  message_id text not null,
  rule text not null,
  channel text not null,
  -- JSON: what it says (errors/alerts/plan.ts).
  message text not null,
  -- pending, sending, sent, failed.
  state text not null default 'pending',
  -- The run of Weir that is sending it: another one does not know what became of it.
  run text,
  attempts integer not null default 0,
  created_ms integer not null,
  next_ms integer not null,
  settled_ms integer,
  -- What the target said last.
  detail text
) strict;
create index alert_deliveries_by_next on alert_deliveries (state, next_ms);

-- Counts of rules that look for many events or users, by what they count of (errors/alerts/watch.ts). JSON.
create table alert_windows (
  rule text not null, subject integer not null, updated_ms integer not null, data text not null,
  primary key (rule, subject)
) strict, without rowid;
create index alert_windows_by_update on alert_windows (updated_ms);
`
