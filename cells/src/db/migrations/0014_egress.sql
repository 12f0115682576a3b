CREATE TABLE "egress_connections" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "egress_connections_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"workspace_id" text NOT NULL,
	"sandbox_id" text NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"duration_ms" integer NOT NULL,
	"host" text NOT NULL,
	"port" integer NOT NULL,
	"address" text,
	"result" text NOT NULL,
	"bytes_up" bigint NOT NULL,
	"bytes_down" bigint NOT NULL
);
--> statement-breakpoint
CREATE INDEX "egress_by_workspace" ON "egress_connections" USING btree ("workspace_id","started_at");--> statement-breakpoint
CREATE INDEX "egress_by_age" ON "egress_connections" USING btree ("started_at");