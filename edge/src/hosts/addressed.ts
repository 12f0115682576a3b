/**
 * `cellbook-at`: an admin or operator wants his request answered where another user lives, or by a cell of that
 * name. Which request is allowed once it is there is the cell's to decide, as for every other; here it is decided
 * how far he may reach: an operator anywhere, an admin to members of his organisation and to the cells of its
 * region. Everything else is answered as if there were no such user or cell. Asking the directory is fine here:
 * nobody's own requests come this way.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { cellIdSchema, type UserId, userIdSchema } from '@cellbook/shared/ids.ts';
import { allCells } from '@cellbook/shared/pins/pins.ts';
import { atHeader, type Principal } from '@cellbook/shared/protocol/principal.ts';
import type { Ask } from '../ask.ts';
import { assertRegion } from '../asked-region.ts';
import type { Identity } from '../identity/identity.ts';

export async function addressedBy(ask: Ask, identity: Identity): Promise<Principal['at']> {
  const asked = ask.request.headers.get(atHeader)?.trim();
  if (asked === undefined || asked === '') return undefined;
  try {
    assertMayAddress(identity);
    const user = userIdSchema.safeParse(asked);
    return user.success ? await atUser(ask, identity, user.data) : await atCell(ask, identity, asked);
  } catch (thrown) {
    tellRefusal(ask, identity, thrown);
    throw thrown;
  }
}

/** Who looks for others where he may not is for the record, also where he is told that nobody is there. */
function tellRefusal(ask: Ask, identity: Identity, thrown: unknown): void {
  if (!(thrown instanceof CellbookError) || thrown.status >= 500) return;
  const route = { method: ask.request.method, path: atHeader, permission: 'workspace.read' } as const;
  ask.edge.refused?.({ ask, identity, route, because: 'unseen', error: thrown });
}

async function atUser(ask: Ask, identity: Identity, user: UserId): Promise<Principal['at']> {
  if (user === identity.sub) return undefined;
  const region = await ask.edge.regionOf(user, identity);
  if (region === null) throw nobodyThere(user);
  await assertRegion(ask, { org: identity.org, region });
  return { user, region };
}

async function atCell(ask: Ask, identity: Identity, asked: string): Promise<Principal['at']> {
  const id = cellIdSchema.safeParse(asked);
  const pins = await ask.edge.forwarder.pins.get(ask.defer);
  const cell = allCells(pins).find((known) => known.id === id.data);
  const isInReach = identity.role === 'operator' || cell?.region === identity.region;
  if (!cell || !isInReach) throw nobodyThere(asked);
  await assertRegion(ask, { org: identity.org, region: cell.region });
  return { cell: cell.id };
}

const doing = 'finding where the request is to be answered';

function assertMayAddress({ role, via }: Identity): void {
  if ((role === 'admin' || role === 'operator') && via !== 'workspace') return;
  throw new CellbookError('forbidden', {
    doing,
    problem: `${atHeader} is for admins and operators`,
    next: `Leave ${atHeader} out: requests go to your own cell.`,
  });
}

const nobodyThere = (asked: string): CellbookError =>
  new CellbookError('not_found', {
    doing,
    problem: `there is no user or cell ${asked.slice(0, 60)} that you may address`,
    next: 'Name a member of the organisation you act in, or a cell of its region.',
  });
