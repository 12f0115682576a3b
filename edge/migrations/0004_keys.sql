-- API keys of people and of service accounts, in place of the tokens of people alone. Times are milliseconds.
CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  -- A person or a service account, acting in this organisation.
  user_id TEXT NOT NULL,
  org_id TEXT NOT NULL REFERENCES orgs (id),
  name TEXT NOT NULL,
  -- A JSON array; null: no restriction.
  scopes TEXT,
  hash TEXT NOT NULL UNIQUE,
  hint TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  -- To the minute.
  last_used_at INTEGER,
  revoked_at INTEGER
) STRICT;
CREATE INDEX api_keys_by_user ON api_keys (user_id, created_at);
CREATE INDEX api_keys_by_org ON api_keys (org_id, created_at);
INSERT INTO api_keys (id, user_id, org_id, name, hash, hint, created_by, created_at, expires_at, revoked_at)
  SELECT tokens.id, tokens.user_id, users.home_org_id, tokens.name, tokens.hash, tokens.hint, tokens.user_id,
         tokens.created_at, tokens.expires_at, tokens.revoked_at
  FROM tokens JOIN users ON users.id = tokens.user_id;
DROP TABLE tokens;

-- Members of an organisation that are no person. They never sign in; what they do, they do with keys.
CREATE TABLE service_accounts (
  id TEXT PRIMARY KEY,
  org_id TEXT NOT NULL REFERENCES orgs (id),
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'member', 'admin')),
  region TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  disabled_at INTEGER
) STRICT;
CREATE INDEX service_accounts_by_org ON service_accounts (org_id, created_at);
