CREATE TABLE "quota_shares" (
	"org_id" text PRIMARY KEY NOT NULL,
	"ask" integer NOT NULL,
	"allowed" jsonb NOT NULL,
	"told" jsonb NOT NULL,
	"used_elsewhere" jsonb NOT NULL,
	"whole" boolean NOT NULL,
	"ends_at" timestamp with time zone NOT NULL,
	"answered_at" timestamp with time zone NOT NULL,
	"workspaces" integer NOT NULL,
	"running" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "secret_removals" (
	"org_id" text NOT NULL,
	"name" text NOT NULL,
	CONSTRAINT "secret_removals_org_id_name_pk" PRIMARY KEY("org_id","name")
);
--> statement-breakpoint
CREATE TABLE "secret_sets" (
	"org_id" text PRIMARY KEY NOT NULL,
	"since" timestamp with time zone NOT NULL
);
