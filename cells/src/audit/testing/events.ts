/** Events for tests of the log. */
import { newAuditId, newOrgId, newUserId } from '@cellbook/shared/ids.ts';
import type { AuditEvent, NewAuditEvent } from '@cellbook/shared/protocol/audit.ts';
import { systemRandom } from '@cellbook/shared/random.ts';

export const startMs = 1_750_000_000_000;

export const someEvent = (change: Partial<NewAuditEvent> = {}): NewAuditEvent => ({
  who: {
    kind: 'user',
    id: newUserId(systemRandom),
    org: null,
    role: 'member',
    cred: 'session-1',
    via: 'session',
  },
  what: 'workspace.create',
  which: { kind: 'workspace', id: 'ws-1', owner: null, org: null },
  from: { address: '192.0.2.7', agent: 'a browser', request: 'req-1', trace: null },
  result: { outcome: 'ok', code: null, status: 201 },
  details: { route: '/v1/workspaces' },
  org: newOrgId(systemRandom),
  ...change,
});

/** So many seconds after the start. */
export const eventAt = (seconds: number, change: Partial<NewAuditEvent> = {}): AuditEvent => ({
  v: 1,
  id: newAuditId(systemRandom),
  at: new Date(startMs + seconds * 1_000).toISOString(),
  ...someEvent(change),
});
