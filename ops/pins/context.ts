/** What the commands need: the pin key, the edge, and the pins there are. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { type PinKey, type Pins, verifyPins } from '@cellbook/shared/pins/pins.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { createLocalJWKSet, type JWK } from 'jose';
import { z } from 'zod';
import type { Publisher } from './publish.ts';
import { createRemote } from './remote.ts';
import { publicKeyOf } from './verify.ts';

export interface PinsContext extends Publisher {
  /** The pins that the edge goes by now. */
  current(): Promise<Pins>;
  /** The newest pins below an epoch; null where no older ones are kept. */
  before(epoch: number): Promise<Pins | null>;
}

export interface PinsContextOptions {
  homeDirectory: string;
  edgeUrl: string;
  /** The private key as a JWK file; by default the home's own. */
  keyPath?: string | undefined;
  clock: Clock;
  random: Random;
  say(line: string): void;
}

const jwksSchema = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });
const keySchema = z.looseObject({
  ...{ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string(), d: z.string() },
  kid: z.string().optional(),
});

export async function openPins(options: PinsContextOptions): Promise<PinsContext> {
  const { homeDirectory, edgeUrl, clock, random, say } = options;
  const key = await readKey(options.keyPath ?? join(homeDirectory, 'keys', 'edge', 'pins.json'));
  const publicKey = await trustedKeys(homeDirectory, key);
  const remote = createRemote({ edgeUrl, key, clock });
  const path = join(homeDirectory, 'edge', 'pins.jws');
  const read = async (before?: number) => {
    const jws = await remote.show(before);
    return jws === null ? null : verifyPins(jws, publicKey);
  };
  return {
    ...{ remote, key, clock, random, say },
    async remember(jws) {
      await mkdir(dirname(path), { recursive: true });
      // Whole or not at all: half a document would make the next start begin anew.
      await writeFile(`${path}.${process.pid}`, jws, { mode: 0o600 });
      await rename(`${path}.${process.pid}`, path);
    },
    async current() {
      const pins = await read();
      if (pins) return pins;
      throw new CellbookError('not_found', {
        doing: 'reading the pins',
        problem: `the edge at ${edgeUrl} has none`,
        next: 'Start the platform first: its first start publishes some.',
      });
    },
    before: (epoch) => read(epoch),
  };
}

/** While the key is being replaced, pins signed with the one before are in use as well. */
async function trustedKeys(homeDirectory: string, key: JWK): Promise<PinKey> {
  const text = await readFile(join(homeDirectory, 'keys', 'edge', 'pins.public.json'), 'utf8').catch(
    () => null,
  );
  if (text === null) return publicKeyOf(key);
  return createLocalJWKSet(jwksSchema.parse(JSON.parse(text)));
}

async function readKey(path: string): Promise<JWK> {
  try {
    const { kty, crv, x, d, kid } = keySchema.parse(JSON.parse(await readFile(path, 'utf8')));
    return { kty, crv, x, d, alg: 'EdDSA', ...(kid && { kid }) };
  } catch (cause) {
    throw new CellbookError('not_found', {
      doing: `reading the pin key in ${path}`,
      problem: 'it is not there, or no Ed25519 private key',
      next: 'Give the home of the platform (CELLBOOK_HOME) or --key FILE.',
      cause,
    });
  }
}
