/** Files that were uploaded to map minified code to its sources. Their bytes are blobs. */
export const artifactTables = `
-- A bundle that was taken apart, or refused; for whoever asks again.
create table artifact_uploads (
  id integer primary key autoincrement,
  project integer not null,
  -- SHA-1 in hex of the bundle, or of a file that came alone.
  checksum text not null,
  release text not null, dist text not null,
  -- ok, error.
  state text not null,
  -- What was wrong with it, or what of it was not taken.
  detail text,
  uploaded_ms integer not null,
  unique (checksum, project, release, dist)
) strict;

create table artifacts (
  id integer primary key autoincrement,
  project integer not null,
  upload integer not null,
  -- 32 hex, empty without one; so are release and dist.
  debug_id text not null,
  -- source_map, minified_source, source, and what else a bundle's manifest says.
  type text not null,
  release text not null, dist text not null,
  -- As uploaded: ~/static/app.js or whole.
  url text not null,
  -- What its headers say of its map: a path beside it, or a url.
  map_reference text,
  -- SHA-256 in hex: a file under <data>/errors/blobs.
  blob text not null,
  size integer not null,
  uploaded_ms integer not null,
  unique (project, release, dist, url, type, debug_id)
) strict;
create index artifacts_by_debug_id on artifacts (debug_id, project, type) where debug_id <> '';
create index artifacts_by_upload on artifacts (upload);
create index artifacts_by_blob on artifacts (blob);
`
