CREATE TABLE "pool_demand" (
	"start_at" timestamp with time zone PRIMARY KEY NOT NULL,
	"asked" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "pool_generations" (
	"generation" text PRIMARY KEY NOT NULL,
	"stage" text NOT NULL,
	"tried" integer DEFAULT 0 NOT NULL,
	"crashed" integer DEFAULT 0 NOT NULL,
	"claims" integer DEFAULT 0 NOT NULL,
	"slow" integer DEFAULT 0 NOT NULL,
	"staged_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "pool_members" ADD COLUMN "for_tier" text DEFAULT 'free' NOT NULL;