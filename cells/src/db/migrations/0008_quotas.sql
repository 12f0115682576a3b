CREATE TABLE "quota_policies" (
	"org_id" text PRIMARY KEY NOT NULL,
	"tier" text NOT NULL,
	"policy" jsonb NOT NULL,
	"heard_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "volumes" ADD COLUMN "bytes" bigint;--> statement-breakpoint
CREATE INDEX "workspaces_by_org" ON "workspaces" USING btree ("org_id","owner_id") WHERE purged_at is null;--> statement-breakpoint
CREATE INDEX "workspaces_running_by_org" ON "workspaces" USING btree ("org_id","owner_id") WHERE purged_at is null and desired = 'running' and not dormant;