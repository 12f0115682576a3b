CREATE TABLE "idle_usuals" (
	"owner_id" text NOT NULL,
	"org_id" text NOT NULL,
	"seconds" integer,
	CONSTRAINT "idle_usuals_owner_id_org_id_pk" PRIMARY KEY("owner_id","org_id")
);
--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN "idle_own" boolean DEFAULT false NOT NULL;
--> statement-breakpoint
UPDATE "workspaces" SET "idle_own" = true WHERE "idle_suspend_seconds" IS DISTINCT FROM
	CASE "tier" WHEN 'free' THEN 1200 WHEN 'paid' THEN 3600 ELSE 14400 END;
