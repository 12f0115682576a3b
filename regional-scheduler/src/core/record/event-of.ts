import type { EventType, SchedulerEvent } from '../model/event.ts';

export type EventOf<Type extends EventType> = Extract<SchedulerEvent, { type: Type }>;
