ALTER TABLE "egress_connections" ADD COLUMN "record_id" text;--> statement-breakpoint
ALTER TABLE "egress_connections" ADD CONSTRAINT "egress_connections_record_id_unique" UNIQUE("record_id");