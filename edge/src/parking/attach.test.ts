/** A socket that an object holds is attached as who opened it, judged as of now. */
import { heldByHeader, heldHeader, parkingHeader } from '@cellbook/shared/protocol/parking-api.ts';
import { regionHeader } from '@cellbook/shared/protocol/principal.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { beforeEach, expect, test } from 'vitest';
import { createWorld, main, type World } from '../../testing/world.ts';
import { askOf } from '../ask.ts';
import { authenticate } from '../identity/authenticate.ts';
import { attach } from './attach.ts';
import { heldHeaders, writeHeld } from './held.ts';

let world: World;
let token: string;

beforeEach(async () => {
  world = await createWorld();
  token = await world.token(await world.signIn());
});

/** What an object is told of a handshake on that host with those headers. */
async function heldOf(headers: Record<string, string>, at = main): Promise<string> {
  const path = `/w/${world.workspaceId}/api/kernels/k/channels`;
  const request = new Request(at + path, { headers: { authorization: `Bearer ${token}`, ...headers } });
  const ask = askOf(world.edge, request, () => undefined);
  const identity = await authenticate(ask);
  return writeHeld({ identity, path, search: '', headers: heldHeaders(ask, 'none') }) ?? '';
}

function attachAs(held: string): Promise<Response> {
  const headers = { upgrade: 'websocket', [heldHeader]: held, [parkingHeader]: `0/${systemRandom.uuid()}/2` };
  return attach(world.edge, new Request('http://router/', { headers }), () => undefined);
}

/** He is moved: from now on he lives elsewhere. */
function moveTo(region: string): void {
  const { current } = world.edge.standings;
  world.edge.standings.current = async (...who) => {
    const identity = await current.apply(world.edge.standings, who);
    return identity && { ...identity, region: region as typeof identity.region };
  };
}

test('to the cell of now, which is named to the object', async () => {
  const answer = await attachAs(await heldOf({}));
  expect(answer.status).toBe(101);
  expect(answer.headers.get(heldByHeader)).toMatch(/^cell-a http/);
  answer.webSocket?.accept();
  answer.webSocket?.close();
});

test.each([
  ['by header', { [regionHeader]: 'local' }, main],
  ['by name', {}, 'http://local.localhost:8787'],
])(
  'a client that insists on its region (%s) is attached to no other, when its user has moved',
  async (_, headers, at) => {
    const [insists, leavesItToUs] = [await heldOf(headers, at), await heldOf({})];
    moveTo('elsewhere');
    const refused = await attachAs(insists);
    expect([refused.status, await refused.json()]).toMatchObject([403, { code: 'region_refused' }]);
    const attached = await attachAs(leavesItToUs);
    expect(attached.status).toBe(101);
    attached.webSocket?.accept();
    attached.webSocket?.close();
  },
);
