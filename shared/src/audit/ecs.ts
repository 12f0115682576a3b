/**
 * An event in the fields of the Elastic Common Schema (8.x), for a SIEM that knows them. Field by field in
 * ops/runbooks/audit.md; what ECS has no field for stands under `cellbook`.
 */
import type { AuditLine, AuditOutcome } from '../protocol/audit.ts';

const outcomes: Record<AuditOutcome, 'success' | 'failure' | 'unknown'> = {
  ok: 'success',
  refused: 'failure',
  failed: 'failure',
  unknown: 'unknown',
};

/** ECS's categories; what is none of these is configuration. */
const categories: Record<string, string[]> = {
  sign_in: ['authentication'],
  sign_out: ['authentication'],
  session: ['authentication'],
  access: ['iam'],
  key: ['iam'],
  member: ['iam'],
  org: ['iam'],
  team: ['iam'],
  service_account: ['iam'],
  content: ['file'],
  version: ['file'],
  kernel: ['process'],
  terminal: ['process'],
};

export function toEcs({ chain, seq, hash, event }: AuditLine) {
  const { who, what, which, from, result, details, org, code } = event;
  return {
    '@timestamp': event.at,
    'ecs.version': '8.11.0',
    event: {
      id: event.id,
      kind: 'event',
      module: 'cellbook',
      dataset: 'cellbook.audit',
      action: what,
      category: categories[what.split('.')[0] ?? ''] ?? ['configuration'],
      type: result.outcome === 'refused' ? ['denied'] : ['info'],
      outcome: outcomes[result.outcome],
      sequence: seq,
      hash,
      ...(result.code !== null && { reason: result.code }),
    },
    user: { id: who.id, ...(who.role !== null && { roles: [who.role] }) },
    ...(org !== null && { organization: { id: org } }),
    ...(from.address !== null && { source: { address: from.address } }),
    ...(from.agent !== null && { user_agent: { original: from.agent } }),
    ...(from.trace !== null && { trace: { id: from.trace } }),
    http: {
      ...(from.request !== null && { request: { id: from.request } }),
      ...(result.status !== null && { response: { status_code: result.status } }),
    },
    ...(code && { process: { command_line: code.text } }),
    cellbook: {
      ...{ chain, who: { kind: who.kind, org: who.org, cred: who.cred, via: who.via }, which, details },
      ...(code && { code: { bytes: code.bytes, sha256: code.sha256 } }),
    },
  };
}
