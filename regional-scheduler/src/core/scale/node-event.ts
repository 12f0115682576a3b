/** Events of hosts that a provider gives: of no job. */
import type { SchedulerEvent } from '../model/event.ts';

export type NodeEvent = Extract<SchedulerEvent, { type: `node_${string}` }>;

export function isOfNode(event: SchedulerEvent): event is NodeEvent {
  return event.type.startsWith('node_');
}
