CREATE TABLE "guarded_regions" (
	"from_region" text PRIMARY KEY NOT NULL,
	"done_epoch" bigint NOT NULL,
	"done_ms" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "guardianship" (
	"id" integer PRIMARY KEY NOT NULL,
	"epoch" bigint NOT NULL,
	"guardian" text
);
--> statement-breakpoint
CREATE TABLE "queue_copies" (
	"from_region" text NOT NULL,
	"job_id" text NOT NULL,
	"epoch" bigint NOT NULL,
	"turn" integer NOT NULL,
	"state" text NOT NULL,
	"spec" jsonb,
	"request" jsonb,
	"at_ms" bigint NOT NULL,
	CONSTRAINT "queue_copies_from_region_job_id_pk" PRIMARY KEY("from_region","job_id")
);
--> statement-breakpoint
CREATE INDEX "queue_copies_to_take" ON "queue_copies" USING btree ("from_region","epoch","state","job_id");