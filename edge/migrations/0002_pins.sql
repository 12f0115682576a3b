-- Every pin document that was published, so that two publishers never give one epoch to two documents, and so
-- that the one before can be found. The edge reads the newest from KV, and from here where KV fails.
CREATE TABLE pins (
  epoch INTEGER PRIMARY KEY,
  jws TEXT NOT NULL,
  published_at INTEGER NOT NULL
) STRICT;

-- Whose claims changed, and when: what a credential issued before `at` says of this user, organisation or key is
-- read anew from the directory. Read whole by every edge; useless once every such credential is over (`until`).
CREATE TABLE changes (
  subject TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  until INTEGER NOT NULL
) STRICT;
CREATE INDEX changes_by_until ON changes (until);

-- What an organisation has decided for its members. Read whole by every edge; without a row there is no policy.
CREATE TABLE org_policies (
  org_id TEXT PRIMARY KEY,
  region TEXT,
  quotas TEXT NOT NULL DEFAULT '{}',
  changed_at INTEGER NOT NULL
) STRICT;
