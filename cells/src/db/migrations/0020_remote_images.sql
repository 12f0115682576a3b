ALTER TABLE "image_keys" ADD COLUMN "remote_since" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "workspace_rests" ADD COLUMN "remote" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "image_keys_by_remote" ON "image_keys" USING btree ("remote_since");