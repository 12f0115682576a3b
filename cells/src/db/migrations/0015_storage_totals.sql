CREATE TABLE "storage_totals" (
	"org_id" text NOT NULL,
	"owner_id" text NOT NULL,
	"files" bigint NOT NULL,
	"versions" bigint NOT NULL,
	CONSTRAINT "storage_totals_org_id_owner_id_pk" PRIMARY KEY("org_id","owner_id")
);

--> statement-breakpoint
-- A volume's size changes in the commit that moves it; what its owner stores in all changes with it. A workspace never
-- changes hands, and its row is there for longer than its volume.
CREATE FUNCTION "follow_storage_totals"() RETURNS trigger AS $$
BEGIN
  INSERT INTO "storage_totals" AS t (org_id, owner_id, files, versions)
  SELECT w.org_id, w.owner_id,
    coalesce(NEW.bytes, 0) - coalesce(OLD.bytes, 0),
    coalesce(NEW.version_bytes, 0) - coalesce(OLD.version_bytes, 0)
  FROM "workspaces" w WHERE w.id = coalesce(NEW.workspace_id, OLD.workspace_id)
  ON CONFLICT (org_id, owner_id) DO UPDATE
    SET files = t.files + excluded.files, versions = t.versions + excluded.versions;
  RETURN NULL;
END
$$ LANGUAGE plpgsql;
--> statement-breakpoint
CREATE TRIGGER "volumes_totals_begin_end" AFTER INSERT OR DELETE ON "volumes"
  FOR EACH ROW EXECUTE FUNCTION "follow_storage_totals"();
--> statement-breakpoint
CREATE TRIGGER "volumes_totals_change" AFTER UPDATE ON "volumes"
  FOR EACH ROW WHEN ((OLD.bytes, OLD.version_bytes) IS DISTINCT FROM (NEW.bytes, NEW.version_bytes))
  EXECUTE FUNCTION "follow_storage_totals"();
--> statement-breakpoint
-- After the triggers, whose making keeps every writer waiting until this has committed.
INSERT INTO "storage_totals" (org_id, owner_id, files, versions)
SELECT w.org_id, w.owner_id, sum(coalesce(v.bytes, 0)), sum(coalesce(v.version_bytes, 0))
FROM "volumes" v JOIN "workspaces" w ON w.id = v.workspace_id GROUP BY w.org_id, w.owner_id;
