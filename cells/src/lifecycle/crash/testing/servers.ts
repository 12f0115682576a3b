/** A Postgres and a Redis of this run's own, outside of any test runner. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import postgres from 'postgres';
import { createTestServices } from '../../../../../ops/test/test-services.ts';

export interface Servers {
  redisUrl: string;
  /** A new, empty database. */
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
}

export async function startServers(): Promise<Servers> {
  const directory = await mkdtemp(join(tmpdir(), 'cellbook-crash-servers-'));
  const services = createTestServices({ clock: systemClock, random: systemRandom, directory });
  const [serverUrl, redisUrl] = await Promise.all([services.answer('/postgres'), services.answer('/redis')]);
  return {
    redisUrl,
    async createDatabase() {
      const admin = postgres(serverUrl, { max: 1, onnotice: () => {} });
      const name = `crash_${systemRandom.uuid().replaceAll('-', '')}`;
      await admin.unsafe(`create database ${name}`);
      await admin.end();
      const url = new URL(serverUrl);
      url.pathname = `/${name}`;
      return url.href;
    },
    async stop() {
      await services.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
