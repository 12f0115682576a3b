-- What an organisation wants of its audit log beyond what its tier gives (shared/src/protocol/principal.ts).
ALTER TABLE org_policies ADD COLUMN audit TEXT NOT NULL DEFAULT '{}';
