/** This region among others: what they may ask of it, and what it hands over to them. Absent where it is alone. */
import { readFile } from 'node:fs/promises';
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { RegionId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { FastifyInstance } from 'fastify';
import type { SubmissionStore } from '../admission/submission-store.ts';
import type { Database } from '../db/database.ts';
import type { Region } from '../region.ts';
import { createPostgresJoins } from './joins.ts';
import { createPeerCaller, type Peers } from './peers.ts';
import { createPostgresHandoffStore } from './postgres-handoff-store.ts';
import { registerFederation } from './routes.ts';
import { Spiller, startSpilling } from './spiller.ts';

export interface OpenFederationDeps {
  regionId: RegionId;
  federation: { peers: Peers; keyFile: string } | null;
  region: Region;
  database: Database;
  submissions: SubmissionStore;
  clock: Clock;
  log: Logger;
}

export interface Federation {
  register(app: FastifyInstance): void;
  start(): void;
  close(): Promise<void>;
}

export async function openFederation(deps: OpenFederationDeps): Promise<Federation> {
  const { regionId, federation, region, database, submissions, clock, log } = deps;
  if (!federation) return { register: () => {}, start: () => {}, close: async () => {} };
  const secret = await readSecret(federation.keyFile);
  const handoffs = createPostgresHandoffStore(database);
  const stop = new AbortController();
  const { peers: known } = federation;
  const peers = createPeerCaller({ regionId, peers: known, secret, clock, signal: stop.signal });
  const joins = createPostgresJoins(database);
  const spiller = new Spiller({ region, peers, handoffs, joins, records: submissions, clock, log });
  let spilling: { close(): Promise<void> } | null = null;
  return {
    register: (app) => registerFederation(app, { regionId, secret, region, handoffs, submissions, clock }),
    start() {
      spilling ??= startSpilling(spiller, clock, log);
    },
    async close() {
      stop.abort();
      await spilling?.close();
    },
  };
}

async function readSecret(file: string): Promise<string> {
  const secret = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (secret.length >= limits.federation.secretCharsMin) return secret;
  throw new CellbookError('bad_request', {
    doing: `reading the secret of the regions from ${file}`,
    problem: `it is missing, or shorter than ${limits.federation.secretCharsMin} characters`,
    next: 'Write the same random text into the file that CELLBOOK_FEDERATION_KEY_FILE names, in every region.',
  });
}
