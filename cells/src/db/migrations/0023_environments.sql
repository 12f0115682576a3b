CREATE TABLE "environment_captures" (
	"id" text PRIMARY KEY NOT NULL,
	"org_id" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "environment_stores" (
	"org_id" text PRIMARY KEY NOT NULL,
	"sweeps" bigint NOT NULL,
	"sweeping_until" timestamp with time zone,
	"due_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "environments" (
	"workspace_id" text PRIMARY KEY NOT NULL,
	"org_id" text NOT NULL,
	"state" text NOT NULL,
	"problem" text,
	"bytes" bigint NOT NULL,
	"layer" jsonb NOT NULL,
	"previous" jsonb,
	"files" integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX "environment_captures_by_org" ON "environment_captures" USING btree ("org_id");--> statement-breakpoint
CREATE INDEX "environment_stores_by_due" ON "environment_stores" USING btree ("due_at");--> statement-breakpoint
CREATE INDEX "environments_by_org" ON "environments" USING btree ("org_id");--> statement-breakpoint
-- What is installed counts as files do, once for each workspace, however many share the layer.
CREATE FUNCTION "follow_environment_totals"() RETURNS trigger AS $$
BEGIN
  INSERT INTO "storage_totals" AS t (org_id, owner_id, files, versions)
  SELECT w.org_id, w.owner_id, coalesce(NEW.bytes, 0) - coalesce(OLD.bytes, 0), 0
  FROM "workspaces" w WHERE w.id = coalesce(NEW.workspace_id, OLD.workspace_id)
  ON CONFLICT (org_id, owner_id) DO UPDATE SET files = t.files + excluded.files;
  RETURN NULL;
END
$$ LANGUAGE plpgsql;
--> statement-breakpoint
CREATE TRIGGER "environments_totals_begin_end" AFTER INSERT OR DELETE ON "environments"
  FOR EACH ROW EXECUTE FUNCTION "follow_environment_totals"();
--> statement-breakpoint
CREATE TRIGGER "environments_totals_change" AFTER UPDATE ON "environments"
  FOR EACH ROW WHEN (OLD.bytes IS DISTINCT FROM NEW.bytes)
  EXECUTE FUNCTION "follow_environment_totals"();
