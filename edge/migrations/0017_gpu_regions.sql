-- Who guards the queue of each GPU region (regions/region-records.ts): as many rows as there are regions, one for each.
CREATE TABLE gpu_regions (
  region TEXT PRIMARY KEY,
  -- Raised by every change of guardian and every claim: compared by whoever changes the row.
  epoch INTEGER NOT NULL,
  -- The whole record, as JSON (shared/src/protocol/region-record.ts).
  body TEXT NOT NULL
) STRICT;

-- How much of an organisation's cap of a month each region may spend (regions/budgets.ts): over all regions never more
-- than the cap. Millionths of the account's unit.
CREATE TABLE gpu_budgets (
  org_id TEXT NOT NULL,
  month TEXT NOT NULL,
  region TEXT NOT NULL,
  granted INTEGER NOT NULL CHECK (granted >= 0),
  -- Of the answers that told of it: an older one that comes late counts for nothing.
  revision INTEGER NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (org_id, month, region)
) STRICT;
CREATE INDEX gpu_budgets_by_until ON gpu_budgets (until);
