-- What one person has ended is bounded: of his ended sessions the newest stand among the revocations by themselves,
-- the older ones as one mark, a revocation under his own id (directory/ended-sessions.ts). Times are milliseconds.
CREATE TABLE ended_sessions (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL,
  until INTEGER NOT NULL
) STRICT;
CREATE INDEX ended_sessions_by_user ON ended_sessions (user_id, until);
CREATE INDEX ended_sessions_by_until ON ended_sessions (until);

-- What is over is found without reading what is not.
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE INDEX api_keys_by_expiry ON api_keys (expires_at);
CREATE INDEX invitations_by_expiry ON invitations (expires_at);

-- Who tidies up, and when it is due again: one isolate of many.
CREATE TABLE upkeep (
  name TEXT PRIMARY KEY,
  due_at INTEGER NOT NULL
) STRICT;
