/** An edge of its own for each test: real KV, D1 and Durable Objects, a clock that the test moves. */
import { applyD1Migrations, type D1Migration } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { ManualClock, systemClock } from '@cellbook/shared/clock.ts';
import { cellIdSchema, newWorkspaceId, regionIdSchema, type WorkspaceId } from '@cellbook/shared/ids.ts';
import { layoutDocument, shareOut, signPins } from '@cellbook/shared/pins/build.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import type { Bindings } from '../src/config.ts';
import { createEdge, type Edge } from '../src/edge.ts';
import { handle } from '../src/handle.ts';
import { putUnderTest } from './edge-under-test.ts';

declare global {
  namespace Cloudflare {
    interface Env extends Bindings {
      MIGRATIONS: D1Migration[];
      UPSTREAMS: string[];
      /** Of testing/providers.ts. */
      ISSUERS: string[];
    }
  }
}

export const main = 'http://localhost:8787';
export const originOf = (id: WorkspaceId): string => `http://${id}.localhost:8787`;

export interface World {
  edge: Edge;
  clock: ManualClock;
  keys: { pins: JWK; principal: JWK; audit: JWK };
  workspaceId: WorkspaceId;
  fetch(address: string, init?: RequestInit): Promise<Response>;
  publishPins(epoch: number, cellUrls: string[], homeCell: number): Promise<void>;
  /** The same platform seen by an isolate that starts now. */
  anotherIsolate(clock: ManualClock): World;
  /** Signs in; the value of the Cookie header. */
  signIn(email?: string): Promise<string>;
  token(cookie: string): Promise<string>;
  /** Opens the workspace; the value of the Cookie header on its origin. */
  enter(cookie: string, id?: WorkspaceId): Promise<string>;
}

export async function createWorld(
  variables: Partial<Bindings> & Record<string, unknown> = {},
): Promise<World> {
  await applyD1Migrations(env.DIRECTORY, env.MIGRATIONS);
  const [principal, pins, audit] = [await edKey('principal'), await edKey('pins'), await edKey('audit')];
  // The objects that keep one-time codes go by the system's clock, so the test's clock starts at its time.
  const clock = new ManualClock(systemClock.nowMs());
  const { d: _secret, ...pinPublicKey } = pins;
  const bindings = {
    ...env,
    CELLBOOK_PUBLIC_URL: main,
    CELLBOOK_WORKSPACE_DOMAIN: 'localhost:8787',
    CELLBOOK_REGIONS: JSON.stringify([
      { id: 'local', name: 'Here' },
      { id: 'elsewhere', name: 'Elsewhere' },
    ]),
    CELLBOOK_SIGN_IN: 'development',
    CELLBOOK_CREDENTIAL_KEYS: JSON.stringify([
      { kty: 'oct', kid: 'one', k: 'b25lb25lb25lb25lb25lb25lb25lb25lb25lb25lb25l' },
    ]),
    CELLBOOK_PRINCIPAL_KEY: JSON.stringify(principal),
    CELLBOOK_AUDIT_KEY: JSON.stringify(audit),
    CELLBOOK_PIN_PUBLIC_KEY: JSON.stringify(pinPublicKey),
    ...variables,
  };
  const worldOf = (isolateClock: ManualClock): World => {
    const edge = createEdge(bindings, isolateClock, systemRandom);
    // A test that wants it asks for it: nothing goes on behind the others.
    edge.upkeep = { ...edge.upkeep, behind: () => undefined };
    const world: World = {
      edge,
      clock: isolateClock,
      anotherIsolate: worldOf,
      keys: { pins, principal, audit },
      workspaceId: newWorkspaceId(systemRandom),
      fetch: async (address, init) =>
        handle(world.edge, new Request(address, { redirect: 'manual', ...init }), () => undefined),
      async publishPins(epoch, cellUrls, homeCell) {
        const region = regionIdSchema.parse('local');
        const elsewhere = regionIdSchema.parse('elsewhere');
        const cells = cellUrls.map((url, index) => ({
          id: cellIdSchema.parse(`cell-${'abcdefgh'[index]}`),
          region: index === homeCell ? region : elsewhere,
          url,
        }));
        await env.PINS.put('pins', await signPins({ epoch, ...layoutDocument(shareOut(cells)) }, pins));
      },
      async signIn(email = 'ada@example.org') {
        const body = new URLSearchParams({ name: 'Ada', email });
        return cookieOf(
          await world.fetch(`${main}/signin`, { method: 'POST', headers: { origin: main }, body }),
        );
      },
      async token(cookie) {
        const answer = await world.fetch(`${main}/v1/tokens`, {
          method: 'POST',
          headers: { origin: main, cookie },
          body: JSON.stringify({ name: 'test' }),
        });
        return (await answer.json<{ token: string }>()).token;
      },
      async enter(cookie, id = world.workspaceId) {
        const opened = await world.fetch(`${main}/open/${id}`, { headers: { cookie } });
        return cookieOf(await world.fetch(opened.headers.get('location') ?? ''));
      },
    };
    return world;
  };
  const world = worldOf(clock);
  putUnderTest(() => world.edge);
  await world.publishPins(1, env.UPSTREAMS, 0);
  return world;
}

function cookieOf(answer: Response): string {
  const cookie = answer.headers.get('set-cookie')?.split(';')[0];
  if (!cookie) throw new Error(`no cookie in an answer of status ${answer.status}`);
  return cookie;
}

export async function edKey(kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  return { ...(await exportJWK(privateKey)), kid };
}
