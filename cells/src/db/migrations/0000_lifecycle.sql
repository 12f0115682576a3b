CREATE TABLE "idempotency_keys" (
	"user_id" text NOT NULL,
	"route" text NOT NULL,
	"key" text NOT NULL,
	"body_hash" text NOT NULL,
	"claim_id" text NOT NULL,
	"status" integer,
	"response" jsonb,
	"locked_until" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "idempotency_keys_user_id_route_key_pk" PRIMARY KEY("user_id","route","key")
);
--> statement-breakpoint
CREATE TABLE "workspace_transitions" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"kind" text NOT NULL,
	"step" text,
	"from_phase" text,
	"to_phase" text,
	"outcome" text,
	"duration_ms" integer,
	"problem" text,
	"generation" integer NOT NULL,
	"epoch" integer NOT NULL,
	"holder" text NOT NULL,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "workspaces" (
	"id" text PRIMARY KEY NOT NULL,
	"owner_id" text NOT NULL,
	"org_id" text NOT NULL,
	"tier" text NOT NULL,
	"name" text NOT NULL,
	"desired" text NOT NULL,
	"phase" text NOT NULL,
	"generation" integer NOT NULL,
	"epoch" integer NOT NULL,
	"dormant" boolean NOT NULL,
	"idle_suspend_seconds" integer,
	"last_rung" text,
	"problem" text,
	"problem_code" text,
	"attempts" integer NOT NULL,
	"retry_at" timestamp with time zone,
	"lease_holder" text,
	"lease_expires_at" timestamp with time zone,
	"host_id" text,
	"created_at" timestamp with time zone NOT NULL,
	"last_active_at" timestamp with time zone NOT NULL,
	"undo_until" timestamp with time zone,
	"purged_at" timestamp with time zone,
	"create_key" text NOT NULL,
	"revision" bigint DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE INDEX "idempotency_keys_by_expiry" ON "idempotency_keys" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "workspace_transitions_by_workspace" ON "workspace_transitions" USING btree ("workspace_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "workspaces_create_key" ON "workspaces" USING btree ("owner_id","create_key");--> statement-breakpoint
CREATE INDEX "workspaces_by_owner" ON "workspaces" USING btree ("owner_id","created_at","id");--> statement-breakpoint
CREATE INDEX "workspaces_by_owner_revision" ON "workspaces" USING btree ("owner_id","revision");--> statement-breakpoint
CREATE INDEX "workspaces_unsettled" ON "workspaces" USING btree ("phase","retry_at") WHERE purged_at is null and not (phase = 'suspended' and (desired = 'suspended' or dormant));