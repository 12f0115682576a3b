/**
 * Where a job may run: where its request allows it, and never outside what its organisation is kept to. It is run or
 * handed on by the region that takes it in, so that region must be among them. Pure.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { RegionId } from '@cellbook/shared/ids.ts';
import type { SubmitJob } from '@cellbook/shared/protocol/job-request.ts';

/** Null: anywhere. `allowed`: where the organisation's policy keeps its data; null: it says nothing. */
export function regionsOf(
  { regions, repeat }: Pick<SubmitJob, 'regions' | 'repeat'>,
  allowed: readonly RegionId[] | null,
  here: RegionId,
): readonly RegionId[] | null {
  const outside = regions?.find((region) => allowed !== null && !allowed.includes(region));
  if (outside !== undefined)
    throw refused(
      `region ${outside} is not among those that your organisation is kept to (${allowed?.join(', ')})`,
      'Leave regions out, or name only those.',
      here,
    );
  const may = regions ?? allowed;
  if (may !== null && !may.includes(here))
    throw refused(
      `it may run only in ${may.join(', ')}, and this is region ${here}`,
      `Name ${here} in regions where that is allowed, or use the credential of a user who lives in one of those.`,
      here,
    );
  // Its next runs are made where the one before ran: anywhere else its owner would neither see nor stop them.
  return repeat === undefined ? may : [here];
}

const refused = (problem: string, next: string, region: RegionId): CellbookError =>
  new CellbookError('region_refused', { doing: 'admitting a job', problem, next, ids: { region } });
