-- A service account may invite as well: who invited is a name for the record, and no person's row. SQLite drops a
-- reference only by a new table; nothing refers to invitations.
CREATE TABLE invitations_next (
  id TEXT PRIMARY KEY,
  org_id TEXT NOT NULL REFERENCES orgs (id),
  -- Null: whoever has the link.
  email TEXT,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'member', 'admin')),
  -- SHA-256 of the link's secret, hex.
  hash TEXT NOT NULL,
  invited_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  accepted_by TEXT REFERENCES users (id),
  revoked_at INTEGER
) STRICT;
INSERT INTO invitations_next (id, org_id, email, role, hash, invited_by, created_at, expires_at, accepted_by, revoked_at)
  SELECT id, org_id, email, role, hash, invited_by, created_at, expires_at, accepted_by, revoked_at FROM invitations
  ORDER BY rowid;
DROP TABLE invitations;
ALTER TABLE invitations_next RENAME TO invitations;
CREATE INDEX invitations_by_org ON invitations (org_id, created_at);
CREATE INDEX invitations_by_email ON invitations (email) WHERE email IS NOT NULL;
