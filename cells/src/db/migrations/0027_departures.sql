CREATE TABLE "departures" (
	"user_id" text NOT NULL,
	"org_id" text NOT NULL,
	"left_at" timestamp with time zone NOT NULL,
	"settled" boolean DEFAULT false NOT NULL,
	CONSTRAINT "departures_user_id_org_id_pk" PRIMARY KEY("user_id","org_id")
);
--> statement-breakpoint
CREATE TABLE "departures_told" (
	"one" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"up_to" integer NOT NULL
);
