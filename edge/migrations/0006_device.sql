-- Command lines that wait for a person to let them in (RFC 8628). Rows live for minutes. Times are milliseconds.
CREATE TABLE device_requests (
  -- SHA-256 of the code that the command line polls with; the code itself is kept nowhere.
  device_hash TEXT PRIMARY KEY,
  -- What the person types: short, and unique among those that are kept.
  user_code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  -- A JSON array; null: no restriction.
  scopes TEXT,
  expires_in_days INTEGER NOT NULL,
  -- Where it was asked from; empty where that is not known.
  address TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'denied', 'taken')),
  -- Who let it in, acting in which organisation.
  user_id TEXT,
  org_id TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  polled_at INTEGER,
  interval_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX device_requests_by_expiry ON device_requests (expires_at);
