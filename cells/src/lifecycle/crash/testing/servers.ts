/** A Postgres, a Redis and, where it is asked for, an S3 of this run's own, outside of any test runner. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import postgres from 'postgres';
import { createTestServices } from '../../../../../ops/test/test-services.ts';
import { type S3Server, startS3 } from '../../../storage/objects/testing/s3-server.ts';

export interface Servers {
  redisUrl: string;
  /** A new, empty database. */
  createDatabase(): Promise<string>;
  /** What CELLBOOK_OBJECTS says of it. */
  s3Url(): Promise<string>;
  stop(): Promise<void>;
}

export async function startServers(): Promise<Servers> {
  const directory = await mkdtemp(join(tmpdir(), 'cellbook-crash-servers-'));
  const services = createTestServices({ clock: systemClock, random: systemRandom, directory });
  const [serverUrl, redisUrl] = await Promise.all([services.answer('/postgres'), services.answer('/redis')]);
  let s3: Promise<S3Server> | null = null;
  return {
    redisUrl,
    async s3Url() {
      s3 ??= startS3(join(directory, 's3'));
      return (await s3).url;
    },
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
      await (await s3)?.stop();
      await services.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
