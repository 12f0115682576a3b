CREATE TABLE "audit_events" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"prev" text NOT NULL,
	"hash" text NOT NULL,
	"body" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"org_id" text,
	"actor_id" text NOT NULL,
	"action" text NOT NULL,
	"resource_id" text,
	"outcome" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "audit_intents" (
	"id" text PRIMARY KEY NOT NULL,
	"body" text NOT NULL,
	"ready" boolean NOT NULL,
	"writer" text NOT NULL,
	"until" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "audit_policies" (
	"org_id" text PRIMARY KEY NOT NULL,
	"retention_days" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "audit_statements" (
	"kind" text NOT NULL,
	"seq" bigint NOT NULL,
	"jws" text NOT NULL,
	CONSTRAINT "audit_statements_kind_seq_pk" PRIMARY KEY("kind","seq")
);
--> statement-breakpoint
CREATE INDEX "audit_events_by_org" ON "audit_events" USING btree ("org_id","seq");--> statement-breakpoint
CREATE INDEX "audit_events_by_actor" ON "audit_events" USING btree ("actor_id","seq");--> statement-breakpoint
CREATE INDEX "audit_events_by_resource" ON "audit_events" USING btree ("resource_id","seq");--> statement-breakpoint
CREATE INDEX "audit_intents_by_until" ON "audit_intents" USING btree ("ready","until");--> statement-breakpoint
-- Append-only. Only rows that a signed removal covers may go, and that statement never goes.
CREATE FUNCTION audit_events_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF EXISTS (SELECT 1 FROM audit_statements WHERE kind = 'removal' AND seq >= OLD.seq) THEN
      RETURN OLD;
    END IF;
  END IF;
  RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'restrict_violation';
END $$;--> statement-breakpoint
CREATE FUNCTION audit_statements_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'statements about the audit log are append-only' USING ERRCODE = 'restrict_violation';
END $$;--> statement-breakpoint
CREATE TRIGGER audit_events_rows_kept BEFORE UPDATE OR DELETE ON audit_events
  FOR EACH ROW EXECUTE FUNCTION audit_events_kept();--> statement-breakpoint
CREATE TRIGGER audit_events_kept BEFORE TRUNCATE ON audit_events
  FOR EACH STATEMENT EXECUTE FUNCTION audit_events_kept();--> statement-breakpoint
CREATE TRIGGER audit_statements_rows_kept BEFORE UPDATE OR DELETE ON audit_statements
  FOR EACH ROW EXECUTE FUNCTION audit_statements_kept();--> statement-breakpoint
CREATE TRIGGER audit_statements_kept BEFORE TRUNCATE ON audit_statements
  FOR EACH STATEMENT EXECUTE FUNCTION audit_statements_kept();
