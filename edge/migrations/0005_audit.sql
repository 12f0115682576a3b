-- What the edge itself did: a hash chain (shared/src/audit). Events and statements are append-only; an event may
-- only go when a signed removal covers it. Times are milliseconds.
CREATE TABLE audit_events (
  seq INTEGER PRIMARY KEY,
  prev TEXT NOT NULL,
  hash TEXT NOT NULL,
  body TEXT NOT NULL,
  at TEXT NOT NULL,
  org_id TEXT,
  actor_id TEXT NOT NULL,
  action TEXT NOT NULL,
  resource_id TEXT,
  outcome TEXT NOT NULL
) STRICT;
CREATE INDEX audit_events_by_org ON audit_events (org_id, seq);
CREATE INDEX audit_events_by_actor ON audit_events (actor_id, seq);

-- What was begun and not ended, and what has ended and is not in the chain yet (`ready`).
CREATE TABLE audit_intents (
  id TEXT PRIMARY KEY,
  body TEXT NOT NULL,
  ready INTEGER NOT NULL,
  until INTEGER NOT NULL
) STRICT;
CREATE INDEX audit_intents_by_until ON audit_intents (ready, until);

CREATE TABLE audit_statements (
  kind TEXT NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  jws TEXT NOT NULL,
  PRIMARY KEY (kind, seq)
) STRICT;

CREATE TRIGGER audit_events_unchanged BEFORE UPDATE ON audit_events
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_events_kept BEFORE DELETE ON audit_events
WHEN NOT EXISTS (SELECT 1 FROM audit_statements WHERE kind = 'removal' AND seq >= OLD.seq)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_statements_unchanged BEFORE UPDATE ON audit_statements
BEGIN SELECT RAISE(ABORT, 'statements about the audit log are append-only'); END;
CREATE TRIGGER audit_statements_kept BEFORE DELETE ON audit_statements
BEGIN SELECT RAISE(ABORT, 'statements about the audit log are append-only'); END;
