/** Keeps nothing: for what is put together without being used, such as the description of the API. */
import type { AuditLog } from './audit-log.ts';

export const noAudit: AuditLog = {
  record: async () => {},
  begin: async () => ({ end: async () => {} }),
  settle() {},
};
