CREATE TABLE "audit_exported" (
	"id" integer PRIMARY KEY NOT NULL,
	"seq" bigint NOT NULL
);
