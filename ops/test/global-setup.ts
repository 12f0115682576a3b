/**
 * Runs once per test run, in vitest's own process. It starts nothing but a small local service; the first
 * test that asks it for Postgres or Redis has them started, later ones share them, the end of the run stops
 * them. Pure tests therefore pay nothing, and two runs (or a run beside a platform) never meet.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import type { TestProject } from 'vitest/node';
import { createTestServices } from './test-services.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    testServicesUrl: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = mkdtempSync(join(tmpdir(), 'cellbook-test-'));
  const services = createTestServices({ clock: systemClock, random: systemRandom, directory });
  const server = createServer((request, response) => {
    const answer = (status: number, body: string) => response.writeHead(status).end(body);
    services.answer(request.url ?? '/').then(
      (body) => answer(200, body),
      (thrown) => answer(500, thrown instanceof Error ? `${thrown.stack}` : 'unknown'),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('the test service has no address');
  project.provide('testServicesUrl', `http://127.0.0.1:${address.port}`);

  return async () => {
    server.close();
    await services.stop();
    rmSync(directory, { recursive: true, force: true });
  };
}
