CREATE TABLE "pool_members" (
	"sandbox_id" text PRIMARY KEY NOT NULL,
	"host_id" text NOT NULL,
	"generation" text NOT NULL,
	"state" text NOT NULL,
	"workspace_id" text,
	"epoch" integer,
	"changed_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE INDEX "pool_members_by_host" ON "pool_members" USING btree ("host_id","state","changed_at");