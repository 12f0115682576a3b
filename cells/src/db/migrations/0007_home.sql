CREATE TABLE "pin_documents" (
	"name" text PRIMARY KEY NOT NULL,
	"epoch" bigint NOT NULL,
	"jws" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "residents" (
	"user_id" text PRIMARY KEY NOT NULL,
	"region" text,
	"since" timestamp with time zone NOT NULL
);
--> statement-breakpoint
-- Who has something here already lives here.
INSERT INTO "residents" ("user_id", "since") SELECT DISTINCT "owner_id", now() FROM "workspaces"
	UNION SELECT DISTINCT "user_id", now() FROM "lab_settings";
