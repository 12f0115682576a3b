/** What becomes known against the image of a host, and what cannot: found by the scanner, in databases made for it. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { cacheDirectory } from '../../images/cache.ts';
import { ensureScanner } from '../../images/osv-scanner.ts';
import { scanImage } from '../../images/scan.ts';
import { type MadeUp, makeUpDatabase } from '../../images/testing/made-up-database.ts';
import { waitUntil } from '../../up/wait-until.ts';
import type { Proof } from './proof.ts';
import type { World } from './world.ts';

/** In every image of Debian. */
const installed = 'bash';

/** As `npm run scan -- --offline`; a host that starts looks at the result at once. Null: there is no database. */
async function scan({ image, scratch, restartHost }: World, known: MadeUp | null): Promise<void> {
  const database = join(scratch(), 'osv');
  mkdirSync(database);
  if (known) makeUpDatabase(database, known);
  const progress = () => undefined;
  const scanner = await ensureScanner(cacheDirectory(), progress);
  await scanImage({ image, scanner, database, isOffline: true, progress });
  await restartHost();
}

const becomesVulnerable: Proof = {
  cause: 'something critical becomes known against a package of a host’s image',
  alerts: ['ImageVulnerable'],
  // Where there is none yet it takes minutes to build.
  prepare: async () => void (await ensureScanner(cacheDirectory(), () => undefined)),
  async make(world) {
    await scan(world, { against: installed, isCritical: true });
    return async () => undefined;
  },
};

const notScanned: Proof = {
  cause: 'a host’s image is scanned while no database of vulnerabilities is there',
  alerts: ['ImageNotScanned'],
  // Of a new platform's image nobody knows anything either.
  async prepare(world) {
    await scan(world, { against: 'not-installed' });
    const isSilent = async () => !(await world.prometheus.firing()).has('ImageNotScanned');
    await waitUntil(isSilent, { clock: systemClock, deadlineMs: 60_000, what: 'the scan to be seen' });
  },
  async make(world) {
    await scan(world, null);
    return async () => undefined;
  },
};

export const proofsOfImages: readonly Proof[] = [becomesVulnerable, notScanned];
