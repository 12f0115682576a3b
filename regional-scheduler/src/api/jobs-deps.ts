import type { Clock } from '@cellbook/shared/clock.ts';
import type { RegionId } from '@cellbook/shared/ids.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { AdmitDeps } from '../admission/admit.ts';
import type { Pressure } from '../admission/shed.ts';
import type { SubmissionStore } from '../admission/submission-store.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import type { Region } from '../region.ts';
import type { Keys } from '../results/signed-urls.ts';
import type { WebhookOutbox } from '../webhooks/webhook-outbox.ts';
import type { JobLogs } from './logs/job-logs.ts';

export interface JobsDeps {
  regionId: RegionId;
  region: Region;
  store: SubmissionStore;
  admit: AdmitDeps;
  pressure(): Pressure | null;
  objects: Pick<ObjectStore, 'size' | 'read' | 'remove'>;
  outbox: Pick<WebhookOutbox, 'ofJob'>;
  logs: Pick<JobLogs, 'read' | 'live'>;
  keys: Keys;
  /** The edge's address, as clients see it. */
  publicUrl: URL;
  clock: Clock;
  log: Logger;
}

/** A part of the server whose routes are typed by their zod schemas. */
export type JobsScope = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;
