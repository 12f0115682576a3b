-- Who people are at their providers, what organisations they are members of, and where they are signed in.

-- An address that no provider has verified is nobody's: users.email becomes nullable. SQLite changes a column
-- only by a new table; what refers to users meanwhile is checked at the end.
PRAGMA defer_foreign_keys = true;
CREATE TABLE users_before AS SELECT * FROM users;
DROP TABLE users;
CREATE TABLE users (
  id TEXT PRIMARY KEY,
  -- Verified, in lower case.
  email TEXT UNIQUE,
  name TEXT NOT NULL,
  home_org_id TEXT NOT NULL REFERENCES orgs (id),
  region TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  -- The organisation last acted in; null: the personal one.
  last_org_id TEXT REFERENCES orgs (id)
) STRICT;
INSERT INTO users (id, email, name, home_org_id, region, created_at)
  SELECT id, email, name, home_org_id, region, created_at FROM users_before;
DROP TABLE users_before;

ALTER TABLE orgs ADD COLUMN kind TEXT NOT NULL DEFAULT 'personal' CHECK (kind IN ('personal', 'shared'));
-- Who made it; null: nobody but the platform.
ALTER TABLE orgs ADD COLUMN created_by TEXT;
-- Who signs in with a verified address of this domain is made a member.
ALTER TABLE orgs ADD COLUMN email_domain TEXT;
CREATE UNIQUE INDEX orgs_by_email_domain ON orgs (email_domain) WHERE email_domain IS NOT NULL;

-- A person is who the provider says (issuer and subject), whatever becomes of the address.
CREATE TABLE identities (
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES users (id),
  created_at INTEGER NOT NULL,
  PRIMARY KEY (issuer, subject)
) STRICT;
CREATE INDEX identities_by_user ON identities (user_id);

CREATE TABLE members (
  org_id TEXT NOT NULL REFERENCES orgs (id),
  user_id TEXT NOT NULL REFERENCES users (id),
  role TEXT NOT NULL CHECK (role IN ('viewer', 'member', 'admin')),
  created_at INTEGER NOT NULL,
  PRIMARY KEY (org_id, user_id)
) STRICT;
CREATE INDEX members_by_user ON members (user_id);
INSERT INTO members SELECT home_org_id, id, 'admin', created_at FROM users;

CREATE TABLE invitations (
  id TEXT PRIMARY KEY,
  org_id TEXT NOT NULL REFERENCES orgs (id),
  -- Null: whoever has the link.
  email TEXT,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'member', 'admin')),
  -- SHA-256 of the link's secret, hex.
  hash TEXT NOT NULL,
  invited_by TEXT NOT NULL REFERENCES users (id),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  accepted_by TEXT REFERENCES users (id),
  revoked_at INTEGER
) STRICT;
CREATE INDEX invitations_by_org ON invitations (org_id, created_at);
CREATE INDEX invitations_by_email ON invitations (email) WHERE email IS NOT NULL;

CREATE TABLE teams (
  id TEXT PRIMARY KEY,
  org_id TEXT NOT NULL REFERENCES orgs (id),
  name TEXT NOT NULL,
  -- The provider's group that fills it; null: filled by hand alone.
  provider_group TEXT,
  created_at INTEGER NOT NULL,
  UNIQUE (org_id, name)
) STRICT;

CREATE TABLE team_members (
  team_id TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL REFERENCES users (id),
  -- 'provider' rows come and go with the groups of the last sign-in.
  source TEXT NOT NULL CHECK (source IN ('hand', 'provider')),
  PRIMARY KEY (team_id, user_id)
) STRICT;
CREATE INDEX team_members_by_user ON team_members (user_id);

CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  org_id TEXT NOT NULL REFERENCES orgs (id),
  -- How it was signed in: a provider's id, or 'development'.
  provider TEXT NOT NULL,
  browser TEXT NOT NULL,
  address TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id, created_at);
