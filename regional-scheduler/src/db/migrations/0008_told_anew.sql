ALTER TABLE "guarded_regions" ADD COLUMN "heard_epoch" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "guarded_regions" ADD COLUMN "since_epoch" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "guarded_regions" ADD COLUMN "told_epoch" bigint DEFAULT 0 NOT NULL;