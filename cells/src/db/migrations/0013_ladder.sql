CREATE TABLE "workspace_rests" (
	"workspace_id" text PRIMARY KEY NOT NULL,
	"epoch" integer NOT NULL,
	"tier" text NOT NULL,
	"host_id" text NOT NULL,
	"sandbox_id" text NOT NULL,
	"image_bytes" bigint,
	"image_fingerprint" jsonb,
	"suspended_at" timestamp with time zone NOT NULL,
	"due_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE INDEX "workspace_rests_by_due" ON "workspace_rests" USING btree ("due_at");--> statement-breakpoint
CREATE INDEX "workspace_rests_by_host" ON "workspace_rests" USING btree ("host_id");