-- Whose a workspace is is read once its meter is locked: who has waited there for a change of the team sees it.
CREATE OR REPLACE FUNCTION "usage_set"(
  of_workspace text, what text, now_held boolean, now_amount bigint, now_size bigint, passed numeric
) RETURNS void AS $$
DECLARE
  m "usage_meters";
  w record;
  begin_at timestamptz;
BEGIN
  LOOP
    SELECT * INTO m FROM "usage_meters" WHERE workspace_id = of_workspace AND meter = what FOR UPDATE;
    EXIT WHEN FOUND;
    IF now_held IS NOT TRUE AND passed = 0 THEN RETURN; END IF;
    begin_at := greatest(usage_now(), (SELECT settled_until FROM "usage_state"));
    INSERT INTO "usage_meters"
      (workspace_id, meter, org_id, owner_id, tier, team, size_bytes, from_at, since, held, amount, active_ms, total)
    SELECT id, what, org_id, owner_id, tier, team, now_size, begin_at, begin_at, false, 0, 0, 0
    FROM "workspaces" WHERE id = of_workspace
    ON CONFLICT DO NOTHING;
    IF NOT FOUND AND NOT EXISTS (SELECT FROM "workspaces" WHERE id = of_workspace) THEN RETURN; END IF;
  END LOOP;
  SELECT org_id, owner_id, tier, team INTO w FROM "workspaces" WHERE id = of_workspace;
  IF NOT FOUND THEN RETURN; END IF;
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
-- A meter that begins while its workspace is given to another team, in another transaction, can begin with the one
-- before: it is put right in the next round of tidying. How many it were.
CREATE FUNCTION "usage_hand_over"(most int) RETURNS int AS $$
DECLARE
  of_meter record;
  handed int := 0;
BEGIN
  FOR of_meter IN
    SELECT m.workspace_id, m.meter FROM "usage_meters" m JOIN "workspaces" w ON w.id = m.workspace_id
    WHERE (m.org_id, m.owner_id, m.tier, m.team) IS DISTINCT FROM (w.org_id, w.owner_id, w.tier, w.team)
    ORDER BY m.workspace_id, m.meter LIMIT most FOR UPDATE OF m SKIP LOCKED
  LOOP
    PERFORM usage_set(of_meter.workspace_id, of_meter.meter, NULL, NULL, NULL, 0);
    handed := handed + 1;
  END LOOP;
  RETURN handed;
END
$$ LANGUAGE plpgsql;
