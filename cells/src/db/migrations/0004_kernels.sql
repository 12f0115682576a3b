CREATE TABLE "frontend_configs" (
	"workspace_id" text NOT NULL,
	"user_id" text NOT NULL,
	"section" text NOT NULL,
	"value" jsonb NOT NULL,
	CONSTRAINT "frontend_configs_workspace_id_user_id_section_pk" PRIMARY KEY("workspace_id","user_id","section")
);
--> statement-breakpoint
CREATE TABLE "kernel_sessions" (
	"workspace_id" text NOT NULL,
	"id" text NOT NULL,
	"kernel_id" text NOT NULL,
	"path" text NOT NULL,
	"name" text NOT NULL,
	"type" text NOT NULL,
	"created_ms" bigint NOT NULL,
	CONSTRAINT "kernel_sessions_workspace_id_id_pk" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
CREATE TABLE "kernels" (
	"workspace_id" text NOT NULL,
	"id" text NOT NULL,
	"kernelspec" text NOT NULL,
	"directory" text NOT NULL,
	"kernel_info" jsonb,
	"reason" text,
	"created_ms" bigint NOT NULL,
	"last_activity_ms" bigint NOT NULL,
	CONSTRAINT "kernels_workspace_id_id_pk" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
CREATE TABLE "kernelspec_catalogs" (
	"workspace_id" text PRIMARY KEY NOT NULL,
	"catalog" jsonb NOT NULL
);
--> statement-breakpoint
CREATE INDEX "kernel_sessions_by_kernel" ON "kernel_sessions" USING btree ("workspace_id","kernel_id");