-- Statements may get sparse: one goes only while a later one of its kind stays, a checkpoint also behind a removal
-- (shared/src/audit/thin.ts).
DROP TRIGGER audit_statements_kept;
CREATE TRIGGER audit_statements_kept BEFORE DELETE ON audit_statements
WHEN NOT EXISTS (SELECT 1 FROM audit_statements WHERE kind = OLD.kind AND seq > OLD.seq)
  AND NOT (OLD.kind = 'checkpoint'
    AND EXISTS (SELECT 1 FROM audit_statements WHERE kind = 'removal' AND seq >= OLD.seq))
BEGIN SELECT RAISE(ABORT, 'statements about the audit log are append-only'); END;
