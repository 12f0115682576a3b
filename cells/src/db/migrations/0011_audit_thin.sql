-- Statements may get sparse: one goes only while a later one of its kind stays (shared/src/audit/thin.ts).
CREATE OR REPLACE FUNCTION audit_statements_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF EXISTS (SELECT 1 FROM audit_statements WHERE kind = OLD.kind AND seq > OLD.seq) THEN
      RETURN OLD;
    END IF;
    IF OLD.kind = 'checkpoint' AND EXISTS (SELECT 1 FROM audit_statements WHERE kind = 'removal' AND seq >= OLD.seq) THEN
      RETURN OLD;
    END IF;
  END IF;
  RAISE EXCEPTION 'statements about the audit log are append-only' USING ERRCODE = 'restrict_violation';
END $$;
