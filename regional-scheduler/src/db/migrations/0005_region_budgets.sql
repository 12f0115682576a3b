CREATE TABLE "region_budgets" (
	"org_id" text NOT NULL,
	"month" text NOT NULL,
	"granted_micros" bigint NOT NULL,
	"revision" bigint NOT NULL,
	CONSTRAINT "region_budgets_org_id_month_pk" PRIMARY KEY("org_id","month")
);
