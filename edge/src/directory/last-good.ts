/**
 * The last good snapshots beside the stores they come from, so that an isolate that starts while the directory is
 * down serves as well as one that has run for long. Kept in Cloudflare's cache of this location (locally in
 * workerd's), signed with the key of the credentials, with the time at which the store said so. Only ever a help:
 * what cannot be kept or read is as if it had never been.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { CompactSign, compactVerify, importJWK, type JWK } from 'jose';
import { z } from 'zod';

export interface LastGood {
  read(name: string): Promise<{ value: unknown; readAtMs: number } | null>;
  write(name: string, value: unknown, readAtMs: number): Promise<void>;
}

const typ = 'cellbook-snapshot';
const keptSchema = z.object({ name: z.string(), readAtMs: z.int(), value: z.unknown() });
type Store = Pick<Cache, 'match' | 'put'>;

export function createLastGood(deps: {
  cache: Store;
  /** Of the platform's own, so that no other site's cache is touched. */
  publicUrl: URL;
  keys: readonly JWK[];
  clock: Clock;
}): LastGood {
  const { cache, publicUrl, keys, clock } = deps;
  const addressOf = (name: string) => new URL(`/.cellbook/last-good/${name}`, publicUrl).href;
  const quickly = <Value>(doing: string, work: () => Promise<Value>) =>
    withDeadline(clock, limits.edge.lastGoodMsMax, { code: 'store_unavailable', doing }, work);

  async function opened(jws: string): Promise<z.infer<typeof keptSchema>> {
    const { payload, protectedHeader } = await compactVerify(
      jws,
      async ({ kid }) => {
        const key = keys.find((known) => known.kid === kid);
        if (!key) throw new Error('signed with a key that is no longer known');
        return importJWK(key, 'HS256');
      },
      { algorithms: ['HS256'] },
    );
    if (protectedHeader.typ !== typ) throw new Error('no snapshot');
    return keptSchema.parse(JSON.parse(new TextDecoder().decode(payload)));
  }

  return {
    async read(name) {
      try {
        const text = await quickly('reading a kept snapshot', async () =>
          (await cache.match(addressOf(name)))?.text(),
        );
        const kept = text === undefined ? null : await opened(text);
        return kept?.name === name ? kept : null;
      } catch {
        return null;
      }
    },
    async write(name, value, readAtMs) {
      const [key] = keys;
      if (!key?.kid) return;
      try {
        const jws = await new CompactSign(
          new TextEncoder().encode(
            JSON.stringify({ name, readAtMs, value } satisfies z.infer<typeof keptSchema>),
          ),
        )
          .setProtectedHeader({ alg: 'HS256', typ, kid: key.kid })
          .sign(await importJWK(key, 'HS256'));
        const headers = { 'cache-control': `max-age=${limits.edge.snapshotStaleMsMax / 1_000}` };
        await quickly('keeping a snapshot', () => cache.put(addressOf(name), new Response(jws, { headers })));
      } catch {
        // The next one is kept in a minute.
      }
    },
  };
}
