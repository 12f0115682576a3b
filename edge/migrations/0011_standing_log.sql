-- Whose rights have ended or changed, in the order it was committed, for cells that ask for what follows a number
-- (standing/standing-log.ts). Written by triggers, so that no statement that ends or changes one can forget it.
-- Times are milliseconds.
CREATE TABLE standing_log (
  -- Never used twice: who has asked for what follows a number must not miss what comes under it again.
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL CHECK (kind IN ('revoked', 'changed', 'policy')),
  subject TEXT NOT NULL,
  ms INTEGER NOT NULL,
  -- Longer than a cell is told of it (limits.standing.keptMs): two days.
  until INTEGER NOT NULL DEFAULT ((unixepoch() + 172800) * 1000)
) STRICT;
CREATE INDEX standing_log_by_until ON standing_log (until);

CREATE TRIGGER revocation_told AFTER INSERT ON revocations
BEGIN INSERT INTO standing_log (kind, subject, ms) VALUES ('revoked', NEW.id, NEW.until); END;
CREATE TRIGGER longer_revocation_told AFTER UPDATE OF until ON revocations
BEGIN INSERT INTO standing_log (kind, subject, ms) VALUES ('revoked', NEW.id, NEW.until); END;

CREATE TRIGGER change_told AFTER INSERT ON changes
BEGIN INSERT INTO standing_log (kind, subject, ms) VALUES ('changed', NEW.subject, NEW.at); END;
CREATE TRIGGER later_change_told AFTER UPDATE OF at ON changes
BEGIN INSERT INTO standing_log (kind, subject, ms) VALUES ('changed', NEW.subject, NEW.at); END;

CREATE TRIGGER policy_told AFTER INSERT ON org_policies
BEGIN INSERT INTO standing_log (kind, subject, ms) VALUES ('policy', NEW.org_id, NEW.changed_at); END;
CREATE TRIGGER later_policy_told AFTER UPDATE OF changed_at ON org_policies
BEGIN INSERT INTO standing_log (kind, subject, ms) VALUES ('policy', NEW.org_id, NEW.changed_at); END;
