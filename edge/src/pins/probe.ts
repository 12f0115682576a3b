/**
 * Real requests, on the way that users' requests take, to the cells in which some users live by the pins now
 * held. They are addressed (`at`) to those users by one who has nothing anywhere: a cell judges whether the user
 * is its own, asks its Postgres, and nobody comes to live there by it.
 */
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { toCellbookError } from '@cellbook/shared/errors.ts';
import { orgIdSchema, userIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { cellOf, type PinnedUser } from '@cellbook/shared/pins/pins.ts';
import type { PinsOrder, Probed } from '@cellbook/shared/protocol/pins-api.ts';
import type { Ask } from '../ask.ts';
import type { SignedPins } from '../directory/signed-pins.ts';
import type { Identity } from '../identity/identity.ts';
import { forward } from '../route/forward.ts';

const target = '/v1/workspaces?limit=1';
const nobody = {
  sub: userIdSchema.parse(`user-${'0'.repeat(20)}`),
  org: orgIdSchema.parse(`org-${'0'.repeat(20)}`),
  ...{ name: 'probe', tier: 'free', role: 'viewer', scopes: ['workspaces:read'], via: 'token' },
  ...{ jti: 'probe', iat: 0, exp: 0 },
} satisfies Omit<Identity, 'region'>;

export async function probe(
  ask: Ask,
  { epoch, users }: Extract<PinsOrder, { order: 'probe' }>,
): Promise<Probed> {
  const { pins: held } = ask.edge;
  const first = await held.get(ask.defer);
  const pins = first.epoch < epoch ? await held.reload(ask.defer) : first;
  if (pins.epoch < epoch) return { epoch: pins.epoch, results: [] };
  return { epoch: pins.epoch, results: await Promise.all(users.map((user) => probeUser(ask, pins, user))) };
}

async function probeUser(ask: Ask, pins: SignedPins, user: PinnedUser): Promise<Probed['results'][number]> {
  const { edge, requestId, defer } = ask;
  const asked = { userId: user.userId, cell: cellOf(pins, user)?.id ?? null };
  const doing = `probing the home of ${user.userId}`;
  const details = { code: 'cell_unreachable', doing } as const;
  try {
    const answered = await withDeadline(edge.clock, limits.pins.probeMsMax, details, () =>
      forward(edge.forwarder, {
        ...{ requestId, defer, target, clientAddress: '' },
        request: new Request(new URL(target, edge.config.CELLBOOK_PUBLIC_URL)),
        identity: { ...nobody, region: user.region },
        at: { user: user.userId, region: user.region },
      }),
    );
    await answered.body?.cancel();
    return { ...asked, status: answered.status };
  } catch (thrown) {
    const { status, problem } = toCellbookError(thrown, doing);
    return { ...asked, status, problem };
  }
}
