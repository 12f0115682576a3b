-- Every change of a workspace that its owner can see gets the next revision (the cursor of GET /v1/events)
-- and a notification. Lease renewals and activity stamps are no such changes: they come every few seconds.
CREATE SEQUENCE "workspace_revision";
--> statement-breakpoint
CREATE FUNCTION "stamp_workspace_revision"() RETURNS trigger AS $$
BEGIN
  NEW.revision := nextval('workspace_revision');
  PERFORM pg_notify('workspace_changed', NEW.owner_id || ' ' || NEW.id || ' ' || NEW.revision);
  RETURN NEW;
END
$$ LANGUAGE plpgsql;
--> statement-breakpoint
CREATE TRIGGER "workspaces_stamp_insert" BEFORE INSERT ON "workspaces"
  FOR EACH ROW EXECUTE FUNCTION "stamp_workspace_revision"();
--> statement-breakpoint
CREATE TRIGGER "workspaces_stamp_update" BEFORE UPDATE ON "workspaces"
  FOR EACH ROW
  WHEN ((OLD.name, OLD.desired, OLD.phase, OLD.generation, OLD.dormant, OLD.idle_suspend_seconds, OLD.last_rung,
         OLD.problem, OLD.undo_until, OLD.purged_at)
    IS DISTINCT FROM
        (NEW.name, NEW.desired, NEW.phase, NEW.generation, NEW.dormant, NEW.idle_suspend_seconds, NEW.last_rung,
         NEW.problem, NEW.undo_until, NEW.purged_at))
  EXECUTE FUNCTION "stamp_workspace_revision"();
