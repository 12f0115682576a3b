CREATE TABLE "asks" (
	"position" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "asks_position_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"xid" "xid8" DEFAULT pg_current_xact_id() NOT NULL,
	"event" json NOT NULL,
	"asked_by" text NOT NULL,
	"asked_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "events" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"epoch" bigint NOT NULL,
	"job_id" text,
	"type" text NOT NULL,
	"body" json NOT NULL,
	"stream" text,
	"arrival_xid" "xid8",
	"arrival_position" bigint
) PARTITION BY RANGE ("seq");
--> statement-breakpoint
CREATE TABLE "leader" (
	"id" smallint PRIMARY KEY DEFAULT 1 NOT NULL,
	"holder" text NOT NULL,
	"url" text NOT NULL,
	"epoch" bigint NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "leader_is_one" CHECK ("leader"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE "outcomes" (
	"job_id" text PRIMARY KEY NOT NULL,
	"seq" bigint NOT NULL,
	"event" json NOT NULL,
	"attempt" json,
	"ended_ms" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "snapshot_parts" (
	"seq" bigint NOT NULL,
	"part" integer NOT NULL,
	"bytes" "bytea" NOT NULL,
	CONSTRAINT "snapshot_parts_seq_part_pk" PRIMARY KEY("seq","part")
);
--> statement-breakpoint
CREATE TABLE "snapshots" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"watermark" json NOT NULL,
	"parts" integer NOT NULL,
	"made_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE INDEX "asks_in_order" ON "asks" USING btree ("xid","position");--> statement-breakpoint
CREATE INDEX "events_of_job" ON "events" USING btree ("job_id","seq");