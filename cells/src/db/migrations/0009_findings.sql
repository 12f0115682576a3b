CREATE TABLE "credential_findings" (
	"workspace_id" text NOT NULL,
	"path_digest" text NOT NULL,
	"path" text NOT NULL,
	"findings" jsonb NOT NULL,
	"saved_at" timestamp with time zone NOT NULL,
	CONSTRAINT "credential_findings_workspace_id_path_digest_pk" PRIMARY KEY("workspace_id","path_digest")
);
--> statement-breakpoint
CREATE INDEX "credential_findings_newest" ON "credential_findings" USING btree ("workspace_id","saved_at");