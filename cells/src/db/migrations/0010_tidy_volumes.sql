CREATE TABLE "storage_reservations" (
	"id" text PRIMARY KEY NOT NULL,
	"org_id" text NOT NULL,
	"owner_id" text NOT NULL,
	"bytes" bigint NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "volumes" ADD COLUMN "version_bytes" bigint;--> statement-breakpoint
ALTER TABLE "volumes" ADD COLUMN "sweeps" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "volumes" ADD COLUMN "tidy_due_at" timestamp with time zone DEFAULT now();--> statement-breakpoint
CREATE INDEX "storage_reservations_by_org" ON "storage_reservations" USING btree ("org_id");--> statement-breakpoint
CREATE INDEX "volumes_by_tidy_due" ON "volumes" USING btree ("tidy_due_at");