CREATE TABLE "lab_layouts" (
	"workspace_id" text NOT NULL,
	"user_id" text NOT NULL,
	"name" text NOT NULL,
	"body" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"modified_at" timestamp with time zone NOT NULL,
	CONSTRAINT "lab_layouts_workspace_id_user_id_name_pk" PRIMARY KEY("workspace_id","user_id","name")
);
--> statement-breakpoint
CREATE TABLE "lab_settings" (
	"user_id" text NOT NULL,
	"plugin_id" text NOT NULL,
	"raw" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"modified_at" timestamp with time zone NOT NULL,
	CONSTRAINT "lab_settings_user_id_plugin_id_pk" PRIMARY KEY("user_id","plugin_id")
);
