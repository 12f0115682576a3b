-- What of an organisation's quota each cell may use (shared/src/quota/shares.ts): one row, since the sum of the
-- shares is what must hold. `version` counts its writes; who has read an older one writes nothing.
CREATE TABLE quota_shares (
  org_id TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  -- By cell, as JSON.
  shares TEXT NOT NULL
) STRICT;

-- The cells that have all of an organisation's secrets. No row: the organisation has never had one.
CREATE TABLE org_secret_cells (
  org_id TEXT NOT NULL,
  cell_id TEXT NOT NULL,
  since INTEGER NOT NULL,
  PRIMARY KEY (org_id, cell_id)
) STRICT;
