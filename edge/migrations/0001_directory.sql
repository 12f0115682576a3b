-- People, their organisations, client tokens, and what was revoked before its time. Times are milliseconds.
CREATE TABLE orgs (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  tier TEXT NOT NULL CHECK (tier IN ('free', 'paid', 'enterprise')),
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  home_org_id TEXT NOT NULL REFERENCES orgs (id),
  region TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE tokens (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  name TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  hint TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT;
CREATE INDEX tokens_by_user ON tokens (user_id, created_at);

-- Read whole by every edge, so it holds only what is live: a row is useless once `until` has passed.
CREATE TABLE revocations (
  id TEXT PRIMARY KEY,
  until INTEGER NOT NULL
) STRICT;
CREATE INDEX revocations_by_until ON revocations (until);
