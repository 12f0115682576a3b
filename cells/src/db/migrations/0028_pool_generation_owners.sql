CREATE TABLE "pool_generation_owners" (
	"generation" text NOT NULL,
	"owner_id" text NOT NULL,
	"tried" integer NOT NULL,
	"crashed" integer NOT NULL,
	"claims" integer NOT NULL,
	"slow" integer NOT NULL,
	CONSTRAINT "pool_generation_owners_generation_owner_id_pk" PRIMARY KEY("generation","owner_id")
);
