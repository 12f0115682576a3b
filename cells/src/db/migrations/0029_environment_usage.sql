-- Installed packages are held as files are: by their size in the workspace.
CREATE FUNCTION "usage_of_environment"() RETURNS trigger AS $$
DECLARE
  of_workspace text := coalesce(NEW.workspace_id, OLD.workspace_id);
  bytes bigint := CASE WHEN TG_OP = 'DELETE' THEN 0 ELSE NEW.bytes END;
BEGIN
  PERFORM usage_set(of_workspace, 'environment', bytes > 0, bytes, NULL, 0);
  RETURN NULL;
END
$$ LANGUAGE plpgsql;
--> statement-breakpoint
-- Named so that they come after those that keep storage_totals: whoever waits for those holds no meter.
CREATE TRIGGER "environments_usage_begin_end" AFTER INSERT OR DELETE ON "environments"
  FOR EACH ROW EXECUTE FUNCTION "usage_of_environment"();
--> statement-breakpoint
CREATE TRIGGER "environments_usage_change" AFTER UPDATE ON "environments"
  FOR EACH ROW WHEN (OLD.bytes IS DISTINCT FROM NEW.bytes)
  EXECUTE FUNCTION "usage_of_environment"();
--> statement-breakpoint
-- What is there is counted from now on.
SELECT usage_set(workspace_id, 'environment', true, bytes, NULL, 0) FROM "environments" WHERE bytes > 0;
