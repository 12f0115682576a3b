/** What the lifecycle has to say to whoever has a workspace open, as Jupyter events of its own schemas. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { idleEvent, resumedEvent } from '@cellbook/shared/protocol/resume.ts';
import { presentResume } from '../ladder/resume-report.ts';
import type { RuntimeListener } from '../lifecycle/runtime.ts';
import type { EventBus } from './routes/event-bus.ts';

export const tellTabs = (
  events: EventBus,
  clock: Clock,
): Required<Pick<RuntimeListener, 'onResumed' | 'onIdleSoon'>> => ({
  onResumed(workspaceId, report) {
    const data = { resume: presentResume(report) };
    events.emit(workspaceId, { schema_id: resumedEvent, version: '1', data }, clock.nowMs());
  },
  onIdleSoon(workspaceId, suspendsAtMs) {
    const suspendsAt = suspendsAtMs === null ? null : new Date(suspendsAtMs).toISOString();
    const event = { schema_id: idleEvent, version: '1', data: { suspendsAt } };
    // A tab whose socket was away when it was taken back still shows the warning, and is told when it is back.
    events.emitLasting(workspaceId, event, clock.nowMs());
  },
});
