-- Memberships that have ended, for the cells (shared/src/protocol/departures-api.ts): one row for each, which stays.
-- Written by triggers, so that no statement that ends or renews one can forget it. Times are milliseconds.
CREATE TABLE departures (
  -- Never used twice, and a new one with each change: who asks for what follows a number misses nothing.
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id TEXT NOT NULL,
  org_id TEXT NOT NULL,
  -- NULL: he has come back.
  left_at INTEGER,
  UNIQUE (user_id, org_id)
) STRICT;

CREATE TRIGGER member_left AFTER DELETE ON members
BEGIN
  DELETE FROM departures WHERE user_id = OLD.user_id AND org_id = OLD.org_id;
  INSERT INTO departures (user_id, org_id, left_at) VALUES (OLD.user_id, OLD.org_id, unixepoch() * 1000);
END;

CREATE TRIGGER member_back AFTER INSERT ON members
WHEN EXISTS (SELECT 1 FROM departures WHERE user_id = NEW.user_id AND org_id = NEW.org_id)
BEGIN
  DELETE FROM departures WHERE user_id = NEW.user_id AND org_id = NEW.org_id;
  INSERT INTO departures (user_id, org_id, left_at) VALUES (NEW.user_id, NEW.org_id, NULL);
END;
