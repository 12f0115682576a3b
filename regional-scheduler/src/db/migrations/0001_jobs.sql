CREATE TABLE "job_accounts" (
	"holder" text NOT NULL,
	"month" text NOT NULL,
	"unfinished" integer DEFAULT 0 NOT NULL,
	"reserved_micros" bigint DEFAULT 0 NOT NULL,
	"spent_micros" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "job_accounts_holder_month_pk" PRIMARY KEY("holder","month")
);
--> statement-breakpoint
CREATE TABLE "job_ends" (
	"job_id" text PRIMARY KEY NOT NULL,
	"org_id" text NOT NULL,
	"phase" text NOT NULL,
	"view" jsonb NOT NULL,
	"cost_micros" bigint NOT NULL,
	"ended_ms" bigint NOT NULL,
	"result_key" text,
	"result_until_ms" bigint
);
--> statement-breakpoint
CREATE TABLE "job_holds" (
	"job_id" text PRIMARY KEY NOT NULL,
	"org_id" text NOT NULL,
	"user_id" text NOT NULL,
	"month" text NOT NULL,
	"micros" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "log_cursors" (
	"name" text PRIMARY KEY NOT NULL,
	"seq" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "rate_buckets" (
	"name" text PRIMARY KEY NOT NULL,
	"tokens" double precision NOT NULL,
	"at_ms" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "attempt_logs" (
	"job_id" text NOT NULL,
	"attempt_id" text NOT NULL,
	"tail" text NOT NULL,
	"at_ms" bigint NOT NULL,
	CONSTRAINT "attempt_logs_job_id_attempt_id_pk" PRIMARY KEY("job_id","attempt_id")
);
--> statement-breakpoint
CREATE TABLE "webhook_outbox" (
	"id" text PRIMARY KEY NOT NULL,
	"job_id" text NOT NULL,
	"org_id" text NOT NULL,
	"url" text NOT NULL,
	"body" text NOT NULL,
	"state" text NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"problem" text DEFAULT '' NOT NULL,
	"due_ms" bigint NOT NULL,
	"made_ms" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "cancel_requests" (
	"position" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "cancel_requests_position_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"xid" "xid8" DEFAULT pg_current_xact_id() NOT NULL,
	"job_id" text NOT NULL,
	"asked_by" text NOT NULL,
	"asked_ms" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "submissions" (
	"position" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "submissions_position_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"xid" "xid8" DEFAULT pg_current_xact_id() NOT NULL,
	"job_id" text NOT NULL,
	"org_id" text NOT NULL,
	"user_id" text NOT NULL,
	"tier" text NOT NULL,
	"kind" text NOT NULL,
	"spec" jsonb,
	"request" jsonb NOT NULL,
	"submitted_ms" bigint NOT NULL,
	"idempotency_key" text,
	"body_hash" text,
	"fingerprint" text,
	"same_as" text,
	"handoff" text
);
--> statement-breakpoint
CREATE INDEX "job_ends_due" ON "job_ends" USING btree ("result_until_ms");--> statement-breakpoint
CREATE INDEX "webhook_outbox_due" ON "webhook_outbox" USING btree ("state","due_ms");--> statement-breakpoint
CREATE INDEX "webhook_outbox_of_job" ON "webhook_outbox" USING btree ("job_id");--> statement-breakpoint
CREATE INDEX "cancel_requests_in_order" ON "cancel_requests" USING btree ("xid","position");--> statement-breakpoint
CREATE INDEX "cancel_requests_of_job" ON "cancel_requests" USING btree ("job_id");--> statement-breakpoint
CREATE UNIQUE INDEX "submissions_job" ON "submissions" USING btree ("job_id");--> statement-breakpoint
CREATE UNIQUE INDEX "submissions_key" ON "submissions" USING btree ("org_id","user_id","idempotency_key");--> statement-breakpoint
CREATE INDEX "submissions_in_order" ON "submissions" USING btree ("xid","position");--> statement-breakpoint
CREATE INDEX "submissions_of_org" ON "submissions" USING btree ("org_id","submitted_ms","job_id");--> statement-breakpoint
CREATE INDEX "submissions_alike" ON "submissions" USING btree ("org_id","fingerprint") WHERE "submissions"."fingerprint" is not null and "submissions"."spec" is not null;--> statement-breakpoint
CREATE INDEX "submissions_same_as" ON "submissions" USING btree ("same_as") WHERE "submissions"."same_as" is not null;