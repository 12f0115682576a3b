CREATE TABLE "handoffs" (
	"job_id" text NOT NULL,
	"from_region" text NOT NULL,
	"handoff" integer NOT NULL,
	"taken" boolean NOT NULL,
	"because" text NOT NULL,
	"at_ms" bigint NOT NULL,
	CONSTRAINT "handoffs_job_id_from_region_handoff_pk" PRIMARY KEY("job_id","from_region","handoff")
);
--> statement-breakpoint
CREATE INDEX "handoffs_by_time" ON "handoffs" USING btree ("at_ms");