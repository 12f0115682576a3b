/**
 * One entry of the audit log: who did what to which, from where, with which result. The same form at the edge
 * and in every cell. An event holds names, ids and outcomes; never a body, a secret or a path's query. Kernel
 * code has a field of its own, which is there only where the organisation asked for it.
 */
import { z } from 'zod';
import { roleSchema } from '../access/permissions.ts';
import { auditIdSchema, orgIdSchema } from '../ids.ts';
import { limits } from '../limits.ts';
import { auditActionSchema } from './audit-actions.ts';

const { idCharsMax, textCharsMax, detailsMax } = limits.audit;
const id = z.string().max(idCharsMax);

const whoSchema = z.object({
  /** `anonymous`: nobody was signed in; `system`: the platform itself. */
  kind: z.enum(['user', 'service', 'system', 'anonymous']),
  /** A user's id; of the system the program (`cell eu-1`); empty for nobody. */
  id,
  org: orgIdSchema.nullable(),
  role: roleSchema.nullable(),
  /** The session's or key's id. */
  cred: id.nullable(),
  via: z.enum(['session', 'workspace', 'token', 'internal']).nullable(),
});

const whichSchema = z.object({
  /** `workspace`, `secret`, `key`, `member`, `pins`, … */
  kind: z.string().max(32),
  id: id.nullable(),
  /** Whose it is, where that is known. */
  owner: id.nullable(),
  org: orgIdSchema.nullable(),
});

const fromSchema = z.object({
  address: z.string().max(64).nullable(),
  agent: z.string().max(textCharsMax).nullable(),
  request: z.string().max(64).nullable(),
  /** The trace's id (32 hex digits). */
  trace: z.string().max(32).nullable(),
});

/**
 * `unknown`: it was begun, and the program died before it could say how it ended. A later event of the same id
 * may still say it.
 */
export const auditOutcomeSchema = z
  .enum(['ok', 'refused', 'failed', 'unknown'])
  .meta({ title: 'AuditOutcome' });
export type AuditOutcome = z.infer<typeof auditOutcomeSchema>;

const resultSchema = z.object({
  outcome: auditOutcomeSchema,
  /** The error's code; null when it went well. */
  code: z.string().max(64).nullable(),
  status: z.int().nullable(),
});

export const auditDetailsSchema = z
  .record(
    z.string().max(40),
    z.union([z.string().max(textCharsMax), z.int(), z.number(), z.boolean(), z.null()]),
  )
  .refine((details) => Object.keys(details).length <= detailsMax, `at most ${detailsMax} details`);
export type AuditDetails = z.infer<typeof auditDetailsSchema>;

export const auditEventSchema = z
  .object({
    v: z.literal(1),
    id: auditIdSchema,
    at: z.iso.datetime(),
    who: whoSchema,
    what: auditActionSchema,
    which: whichSchema,
    from: fromSchema,
    result: resultSchema,
    details: auditDetailsSchema,
    /** Whose record it is: this organisation's admins may read it. Null: operators alone. */
    org: orgIdSchema.nullable(),
    /** Only of `kernel.execute`, only where the organisation asked: the code, cut to a bound, and what it was. */
    code: z
      .object({
        text: z.string().max(limits.audit.kernelCodeCharsMax),
        bytes: z.int().nonnegative(),
        sha256: z.string().length(64),
      })
      .optional(),
  })
  .meta({ title: 'AuditEvent' });
export type AuditEvent = z.infer<typeof auditEventSchema>;

/** An event as its maker gives it; the log draws the id and the time. */
export type NewAuditEvent = Omit<AuditEvent, 'v' | 'id' | 'at'>;

export type AuditWho = z.infer<typeof whoSchema>;
export type AuditWhich = z.infer<typeof whichSchema>;
export type AuditFrom = z.infer<typeof fromSchema>;
export type AuditResult = z.infer<typeof resultSchema>;

/** One page of `GET /v1/audit`, newest first. */
export const auditPageSchema = z
  .object({
    events: z.array(auditEventSchema),
    nextCursor: z.string().nullable(),
  })
  .meta({ title: 'AuditPage' });
export type AuditPage = z.infer<typeof auditPageSchema>;

/** Absent, `scope` is the widest that the caller may read. */
export const auditScopeSchema = z.enum(['own', 'organisation', 'all']).meta({ title: 'AuditScope' });

const auditFilters = {
  scope: auditScopeSchema.optional(),
  since: z.iso.datetime().optional(),
  until: z.iso.datetime().optional(),
  action: auditActionSchema.optional(),
  actor: z.string().max(idCharsMax).optional(),
  resource: z.string().max(idCharsMax).optional(),
  outcome: auditOutcomeSchema.optional(),
};

export const auditQuerySchema = z.object({
  ...auditFilters,
  limit: z.coerce.number().int().min(1).max(limits.api.pageSizeMax).default(limits.api.pageSizeDefault),
  cursor: z.string().max(200).optional(),
});
export type AuditListQuery = z.infer<typeof auditQuerySchema>;

export const auditExportQuerySchema = z.object({
  ...auditFilters,
  /** `cellbook`: the event as it is in the chain; `ecs`: in the fields of the Elastic Common Schema. */
  format: z.enum(['cellbook', 'ecs']).default('cellbook'),
  /** Only what follows this row: the `seq` of the last line received. */
  after: z.coerce.number().int().nonnegative().default(0),
});
export type AuditExportQuery = z.infer<typeof auditExportQuerySchema>;

/** One line of an export. */
export const auditLineSchema = z.object({
  chain: z.string(),
  seq: z.int().positive(),
  hash: z.string(),
  event: auditEventSchema,
});
export type AuditLine = z.infer<typeof auditLineSchema>;
