CREATE TABLE "usage_ledger" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"meter" text NOT NULL,
	"org_id" text NOT NULL,
	"owner_id" text NOT NULL,
	"tier" text NOT NULL,
	"team" text,
	"size_bytes" bigint,
	"from_at" timestamp with time zone NOT NULL,
	"active_ms" bigint NOT NULL,
	"total" numeric NOT NULL,
	"to_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "usage_meters" (
	"workspace_id" text NOT NULL,
	"meter" text NOT NULL,
	"org_id" text NOT NULL,
	"owner_id" text NOT NULL,
	"tier" text NOT NULL,
	"team" text,
	"size_bytes" bigint,
	"from_at" timestamp with time zone NOT NULL,
	"active_ms" bigint NOT NULL,
	"total" numeric NOT NULL,
	"held" boolean NOT NULL,
	"amount" bigint NOT NULL,
	"since" timestamp with time zone NOT NULL,
	CONSTRAINT "usage_meters_workspace_id_meter_pk" PRIMARY KEY("workspace_id","meter")
);
--> statement-breakpoint
CREATE TABLE "usage_state" (
	"one" boolean PRIMARY KEY NOT NULL,
	"sandbox_bytes" bigint NOT NULL,
	"settled_until" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN "team" text;--> statement-breakpoint
CREATE INDEX "usage_ledger_by_org" ON "usage_ledger" USING btree ("org_id","to_at");--> statement-breakpoint
CREATE INDEX "usage_ledger_by_end" ON "usage_ledger" USING btree ("to_at");--> statement-breakpoint
CREATE INDEX "usage_meters_by_org" ON "usage_meters" USING btree ("org_id");
--> statement-breakpoint
ALTER TABLE "usage_meters" SET (fillfactor = 70);
--> statement-breakpoint
-- The usual size of a sandbox; a cell writes its own when it starts.
INSERT INTO "usage_state" VALUES (true, 2147483648, 'epoch');
--> statement-breakpoint
-- The one clock of a cell's usage, whichever process writes.
CREATE FUNCTION "usage_now"() RETURNS timestamptz AS $$
  SELECT date_trunc('milliseconds', clock_timestamp())
$$ LANGUAGE sql VOLATILE;
--> statement-breakpoint
CREATE FUNCTION "usage_ms"(begin_at timestamptz, end_at timestamptz) RETURNS bigint AS $$
  SELECT (extract(epoch FROM end_at - begin_at) * 1000)::bigint
$$ LANGUAGE sql IMMUTABLE;
--> statement-breakpoint
-- What has been held since `since` is counted up to `until`.
CREATE FUNCTION "usage_grow"(m "usage_meters", until timestamptz) RETURNS "usage_meters" AS $$
BEGIN
  m.total := m.total + m.amount::numeric * usage_ms(m.since, until);
  IF m.held THEN m.active_ms := m.active_ms + usage_ms(m.since, until); END IF;
  m.since := until;
  RETURN m;
END
$$ LANGUAGE plpgsql;
--> statement-breakpoint
-- What is counted goes to the ledger, and the meter begins anew.
CREATE FUNCTION "usage_write"(m "usage_meters") RETURNS "usage_meters" AS $$
BEGIN
  IF m.total <> 0 OR m.active_ms <> 0 THEN
    INSERT INTO "usage_ledger"
      (workspace_id, meter, org_id, owner_id, tier, team, size_bytes, from_at, to_at, active_ms, total)
    VALUES (m.workspace_id, m.meter, m.org_id, m.owner_id, m.tier, m.team, m.size_bytes, m.from_at, m.since,
      m.active_ms, m.total);
  END IF;
  m.from_at := m.since;
  m.total := 0;
  m.active_ms := 0;
  RETURN m;
END
$$ LANGUAGE plpgsql;
--> statement-breakpoint
-- Counted up to `until`: the rest of the hour it stands in, the whole hours after it in one row, and of the hour of
-- `until` what is over. A clock that has gone back counts nothing until it is where it was.
CREATE FUNCTION "usage_advance"(m "usage_meters", until timestamptz) RETURNS "usage_meters" AS $$
DECLARE
  hour_end timestamptz := date_trunc('hour', m.since, 'UTC') + interval '1 hour';
  hour_now timestamptz := date_trunc('hour', until, 'UTC');
BEGIN
  IF until <= m.since THEN RETURN m; END IF;
  IF hour_end <= hour_now THEN
    m := usage_write(usage_grow(m, hour_end));
    m := usage_write(usage_grow(m, hour_now));
  END IF;
  RETURN usage_grow(m, until);
END
$$ LANGUAGE plpgsql;
--> statement-breakpoint
-- From now on so much is held; null: as before. `passed`: bytes that have gone by.
CREATE FUNCTION "usage_set"(
  of_workspace text, what text, now_held boolean, now_amount bigint, now_size bigint, passed numeric
) RETURNS void AS $$
DECLARE
  m "usage_meters";
  w record;
  begin_at timestamptz;
BEGIN
  SELECT org_id, owner_id, tier, team INTO w FROM "workspaces" WHERE id = of_workspace;
  IF NOT FOUND THEN RETURN; END IF;
  LOOP
    SELECT * INTO m FROM "usage_meters" WHERE workspace_id = of_workspace AND meter = what FOR UPDATE;
    EXIT WHEN FOUND;
    IF now_held IS NOT TRUE AND passed = 0 THEN RETURN; END IF;
    begin_at := greatest(usage_now(), (SELECT settled_until FROM "usage_state"));
    INSERT INTO "usage_meters"
      (workspace_id, meter, org_id, owner_id, tier, team, size_bytes, from_at, since, held, amount, active_ms, total)
    VALUES (of_workspace, what, w.org_id, w.owner_id, w.tier, w.team, now_size, begin_at, begin_at, false, 0, 0, 0)
    ON CONFLICT DO NOTHING;
  END LOOP;
  m := usage_advance(m, usage_now());
  IF (m.org_id, m.owner_id, m.tier, m.team, m.size_bytes)
    IS DISTINCT FROM (w.org_id, w.owner_id, w.tier, w.team, coalesce(now_size, m.size_bytes))
  THEN
    m := usage_write(m);
  END IF;
  UPDATE "usage_meters" SET
    org_id = w.org_id, owner_id = w.owner_id, tier = w.tier, team = w.team,
    size_bytes = coalesce(now_size, m.size_bytes), from_at = m.from_at, since = m.since,
    active_ms = m.active_ms, total = m.total + passed,
    held = coalesce(now_held, m.held), amount = coalesce(now_amount, m.amount)
  WHERE workspace_id = of_workspace AND meter = what;
END
$$ LANGUAGE plpgsql;
--> statement-breakpoint
CREATE FUNCTION "usage_of_workspace"() RETURNS trigger AS $$
DECLARE
  runs boolean := NEW.phase = 'running';
  ran boolean := TG_OP = 'UPDATE' AND OLD.phase = 'running';
  bytes bigint;
  of_meter text;
BEGIN
  IF runs AND NOT ran THEN
    SELECT sandbox_bytes INTO bytes FROM "usage_state";
    PERFORM usage_set(NEW.id, 'running', true, bytes, bytes, 0);
  ELSIF ran AND NOT runs THEN
    PERFORM usage_set(NEW.id, 'running', false, 0, NULL, 0);
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.org_id, OLD.owner_id, OLD.tier, OLD.team)
    IS DISTINCT FROM (NEW.org_id, NEW.owner_id, NEW.tier, NEW.team)
  THEN
    FOR of_meter IN SELECT meter FROM "usage_meters" WHERE workspace_id = NEW.id ORDER BY meter LOOP
      PERFORM usage_set(NEW.id, of_meter, NULL, NULL, NULL, 0);
    END LOOP;
  END IF;
  RETURN NULL;
END
$$ LANGUAGE plpgsql;
--> statement-breakpoint
CREATE TRIGGER "workspaces_usage_insert" AFTER INSERT ON "workspaces"
  FOR EACH ROW WHEN (NEW.phase = 'running') EXECUTE FUNCTION "usage_of_workspace"();
--> statement-breakpoint
CREATE TRIGGER "workspaces_usage_update" AFTER UPDATE ON "workspaces"
  FOR EACH ROW
  WHEN ((OLD.phase = 'running', OLD.org_id, OLD.owner_id, OLD.tier, OLD.team)
    IS DISTINCT FROM (NEW.phase = 'running', NEW.org_id, NEW.owner_id, NEW.tier, NEW.team))
  EXECUTE FUNCTION "usage_of_workspace"();
--> statement-breakpoint
-- A frozen sandbox holds its place, and so the memory of one.
CREATE FUNCTION "usage_of_rest"() RETURNS trigger AS $$
DECLARE
  of_workspace text := coalesce(NEW.workspace_id, OLD.workspace_id);
  frozen boolean := TG_OP <> 'DELETE' AND NEW.image_bytes IS NULL;
  was_frozen boolean := TG_OP <> 'INSERT' AND OLD.image_bytes IS NULL;
  image bigint := CASE WHEN TG_OP = 'DELETE' THEN 0 ELSE coalesce(NEW.image_bytes, 0) END;
  old_image bigint := CASE WHEN TG_OP = 'INSERT' THEN 0 ELSE coalesce(OLD.image_bytes, 0) END;
  remote bigint := CASE WHEN TG_OP = 'DELETE' OR NOT NEW.remote THEN 0 ELSE image END;
  old_remote bigint := CASE WHEN TG_OP = 'INSERT' OR NOT OLD.remote THEN 0 ELSE old_image END;
  bytes bigint := 0;
BEGIN
  IF frozen <> was_frozen THEN
    IF frozen THEN SELECT sandbox_bytes INTO bytes FROM "usage_state"; END IF;
    PERFORM usage_set(of_workspace, 'live', frozen, bytes, NULL, 0);
  END IF;
  IF image <> old_image THEN PERFORM usage_set(of_workspace, 'memory', image > 0, image, NULL, 0); END IF;
  IF remote <> old_remote THEN PERFORM usage_set(of_workspace, 'memory_remote', remote > 0, remote, NULL, 0); END IF;
  RETURN NULL;
END
$$ LANGUAGE plpgsql;
--> statement-breakpoint
CREATE TRIGGER "workspace_rests_usage_begin_end" AFTER INSERT OR DELETE ON "workspace_rests"
  FOR EACH ROW EXECUTE FUNCTION "usage_of_rest"();
--> statement-breakpoint
CREATE TRIGGER "workspace_rests_usage_change" AFTER UPDATE ON "workspace_rests"
  FOR EACH ROW WHEN ((OLD.image_bytes, OLD.remote) IS DISTINCT FROM (NEW.image_bytes, NEW.remote))
  EXECUTE FUNCTION "usage_of_rest"();
--> statement-breakpoint
CREATE FUNCTION "usage_of_volume"() RETURNS trigger AS $$
DECLARE
  of_workspace text := coalesce(NEW.workspace_id, OLD.workspace_id);
  files bigint := CASE WHEN TG_OP = 'DELETE' THEN 0 ELSE coalesce(NEW.bytes, 0) END;
  versions bigint := CASE WHEN TG_OP = 'DELETE' THEN 0 ELSE coalesce(NEW.version_bytes, 0) END;
BEGIN
  PERFORM usage_set(of_workspace, 'files', files > 0, files, NULL, 0);
  PERFORM usage_set(of_workspace, 'versions', versions > 0, versions, NULL, 0);
  RETURN NULL;
END
$$ LANGUAGE plpgsql;
--> statement-breakpoint
-- Named so that they come after those that keep storage_totals: whoever waits for those holds no meter.
CREATE TRIGGER "volumes_usage_begin_end" AFTER INSERT OR DELETE ON "volumes"
  FOR EACH ROW EXECUTE FUNCTION "usage_of_volume"();
--> statement-breakpoint
CREATE TRIGGER "volumes_usage_change" AFTER UPDATE ON "volumes"
  FOR EACH ROW WHEN ((OLD.bytes, OLD.version_bytes) IS DISTINCT FROM (NEW.bytes, NEW.version_bytes))
  EXECUTE FUNCTION "usage_of_volume"();
--> statement-breakpoint
-- In one order, since a statement has connections of many workspaces.
CREATE FUNCTION "usage_of_egress"() RETURNS trigger AS $$
DECLARE
  passed record;
BEGIN
  FOR passed IN
    SELECT workspace_id, sum(bytes_up) AS up, sum(bytes_down) AS down FROM "added" GROUP BY workspace_id ORDER BY workspace_id
  LOOP
    PERFORM usage_set(passed.workspace_id, 'egress_down', false, 0, NULL, passed.down);
    PERFORM usage_set(passed.workspace_id, 'egress_up', false, 0, NULL, passed.up);
  END LOOP;
  RETURN NULL;
END
$$ LANGUAGE plpgsql;
--> statement-breakpoint
CREATE TRIGGER "egress_connections_usage" AFTER INSERT ON "egress_connections"
  REFERENCING NEW TABLE AS "added" FOR EACH STATEMENT EXECUTE FUNCTION "usage_of_egress"();
--> statement-breakpoint
-- Meters of what is not held any more go to the ledger and away; how many it were. Locks nothing that a request holds
-- while it waits.
CREATE FUNCTION "usage_settle"(older interval, most int) RETURNS int AS $$
DECLARE
  m "usage_meters";
  latest timestamptz := 'epoch';
  settled int := 0;
BEGIN
  FOR m IN
    SELECT * FROM "usage_meters" WHERE NOT held AND since < usage_now() - older
    ORDER BY workspace_id, meter LIMIT most FOR UPDATE SKIP LOCKED
  LOOP
    PERFORM usage_write(m);
    DELETE FROM "usage_meters" WHERE workspace_id = m.workspace_id AND meter = m.meter;
    latest := greatest(latest, m.since);
    settled := settled + 1;
  END LOOP;
  UPDATE "usage_state" SET settled_until = greatest(settled_until, latest);
  RETURN settled;
END
$$ LANGUAGE plpgsql;
--> statement-breakpoint
-- The team is a thing that its owner can see.
DROP TRIGGER "workspaces_stamp_update" ON "workspaces";
--> statement-breakpoint
CREATE TRIGGER "workspaces_stamp_update" BEFORE UPDATE ON "workspaces"
  FOR EACH ROW
  WHEN ((OLD.name, OLD.desired, OLD.phase, OLD.generation, OLD.dormant, OLD.idle_suspend_seconds, OLD.last_rung,
         OLD.problem, OLD.undo_until, OLD.purged_at, OLD.team)
    IS DISTINCT FROM
        (NEW.name, NEW.desired, NEW.phase, NEW.generation, NEW.dormant, NEW.idle_suspend_seconds, NEW.last_rung,
         NEW.problem, NEW.undo_until, NEW.purged_at, NEW.team))
  EXECUTE FUNCTION "stamp_workspace_revision"();
--> statement-breakpoint
-- What is there is counted from now on.
SELECT usage_set(w.id, 'running', true, s.sandbox_bytes, s.sandbox_bytes, 0)
FROM "workspaces" w, "usage_state" s WHERE w.phase = 'running';
--> statement-breakpoint
SELECT usage_set(r.workspace_id, 'live', true, s.sandbox_bytes, NULL, 0)
FROM "workspace_rests" r, "usage_state" s WHERE r.image_bytes IS NULL;
--> statement-breakpoint
SELECT usage_set(r.workspace_id, 'memory', true, r.image_bytes, NULL, 0),
  usage_set(r.workspace_id, 'memory_remote', r.remote, CASE WHEN r.remote THEN r.image_bytes ELSE 0 END, NULL, 0)
FROM "workspace_rests" r WHERE r.image_bytes > 0;
--> statement-breakpoint
SELECT usage_set(v.workspace_id, 'files', v.bytes > 0, coalesce(v.bytes, 0), NULL, 0),
  usage_set(v.workspace_id, 'versions', v.version_bytes > 0, coalesce(v.version_bytes, 0), NULL, 0)
FROM "volumes" v;
