CREATE TABLE "volume_manifests" (
	"volume_id" text NOT NULL,
	"version" bigint NOT NULL,
	"epoch" integer NOT NULL,
	"root" text,
	"reason" text NOT NULL,
	"committed_at" timestamp with time zone NOT NULL,
	CONSTRAINT "volume_manifests_volume_id_version_pk" PRIMARY KEY("volume_id","version")
);
--> statement-breakpoint
CREATE TABLE "volumes" (
	"workspace_id" text PRIMARY KEY NOT NULL,
	"volume_id" text NOT NULL,
	"version" bigint NOT NULL,
	"epoch" integer NOT NULL,
	"root" text,
	"attached_host" text,
	"swept_version" bigint NOT NULL,
	CONSTRAINT "volumes_volume_id_unique" UNIQUE("volume_id")
);
