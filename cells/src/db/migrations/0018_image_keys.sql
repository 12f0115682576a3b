CREATE TABLE "image_keys" (
	"workspace_id" text PRIMARY KEY NOT NULL,
	"sealed" text NOT NULL,
	"key_id" text NOT NULL
);
--> statement-breakpoint
CREATE INDEX "image_keys_by_key" ON "image_keys" USING btree ("key_id");