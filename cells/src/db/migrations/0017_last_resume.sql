ALTER TABLE "workspace_transitions" ADD COLUMN "resume" jsonb;--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN "last_resume" jsonb;