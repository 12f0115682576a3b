/** What can be done with pins, each as one function; main.ts is their command line. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { cellIdSchema, userIdSchema } from '@cellbook/shared/ids.ts';
import { joined, layoutDocument, moved, overridden, withoutOverrides } from '@cellbook/shared/pins/build.ts';
import {
  cellSchema,
  type Layout,
  type LayoutDocument,
  layoutSchema,
  parseLayout,
} from '@cellbook/shared/pins/pins.ts';
import type { StatementKey } from '@cellbook/shared/protocol/statements.ts';
import type { PinsContext } from './context.ts';
import { keepResidents } from './keep-residents.ts';
import { type Outcome, type PublishOptions, publishLayout, settledLayout } from './publish.ts';
import { type Finding, verifyLayout } from './verify.ts';

export interface PinsSummary {
  epoch: number;
  rollout: { buckets: number } | null;
  regions: Record<string, Record<string, number>>;
  cells: { id: string; region: string; url: string }[];
  overrides: number;
}

export interface Shown extends PinsSummary {
  layout: LayoutDocument;
}

export async function showPins(context: PinsContext): Promise<Shown> {
  const pins = await context.current();
  const regions: PinsSummary['regions'] = {};
  for (const [region, table] of pins.tables) {
    const counts: Record<string, number> = {};
    for (const index of table) {
      const id = pins.cells[index]?.id ?? '';
      counts[id] = (counts[id] ?? 0) + 1;
    }
    regions[region] = counts;
  }
  return {
    epoch: pins.epoch,
    rollout: pins.rollout && { buckets: pins.rollout.buckets },
    regions,
    cells: [...pins.cells],
    overrides: pins.overrides.size,
    layout: layoutDocument(pins),
  };
}

/** `given`: a layout as `show --json` writes it; null: the one in use. */
export async function verifyPinsOf(context: PinsContext, given: unknown): Promise<Finding[]> {
  const current = await context.current();
  try {
    const layout = given === null ? settledLayout(current) : layoutFrom(given);
    return await verifyLayout(context.remote, context.key, current, layout);
  } catch (thrown) {
    if (thrown instanceof CellbookError && thrown.code === 'bad_request')
      return [{ isError: true, text: thrown.problem }];
    throw thrown;
  }
}

export interface ChangeOptions extends PublishOptions {
  /** Publishes what verification refuses, and leaves it to the canary: for when a check itself is wrong. */
  unverified: boolean;
}

export const publishFile = (context: PinsContext, given: unknown, options: ChangeOptions): Promise<Outcome> =>
  change(context, options, () => layoutFrom(given));

/** A new cell: its share of new users lands there, everybody who lives somewhere stays. */
export function joinCell(
  context: PinsContext,
  given: { id: string; region: string; url: string; key?: StatementKey | undefined },
  options: ChangeOptions,
): Promise<Outcome> {
  const cell = cellSchema.parse(given);
  return change(context, options, (layout) => joined(layout, cell));
}

export const moveBuckets = (
  context: PinsContext,
  { from, to, buckets }: { from: string; to: string; buckets: number },
  options: ChangeOptions,
): Promise<Outcome> =>
  change(context, options, (layout) =>
    moved(layout, cellIdSchema.parse(from), cellIdSchema.parse(to), buckets),
  );

/** `cell` null: by his bucket again. Refused where he lives elsewhere already. */
export const overrideUser = (
  context: PinsContext,
  { user, cell }: { user: string; cell: string | null },
  options: ChangeOptions,
): Promise<Outcome> => {
  const users = [userIdSchema.parse(user)];
  return change(context, { ...options, keepResidents: false }, (layout) =>
    cell === null ? withoutOverrides(layout, users) : overridden(layout, users, cellIdSchema.parse(cell)),
  );
};

/** The layout before: of an unfinished roll-out the one it began from, else the one published before this one. */
export async function rollBackPins(context: PinsContext, options: ChangeOptions): Promise<Outcome> {
  const current = await context.current();
  const previous = current.rollout ? settledLayout(current) : await publishedBefore(context, current.epoch);
  // At once and for all: what is come back to has served before.
  return change(context, { ...options, steps: [1] }, () => previous);
}

async function publishedBefore(context: PinsContext, epoch: number): Promise<Layout> {
  const now = JSON.stringify(layoutDocument(await context.current()));
  for (let below = epoch; ; ) {
    const pins = await context.before(below);
    if (pins === null) break;
    if (pins.rollout === null && JSON.stringify(layoutDocument(pins)) !== now) return pins;
    below = pins.epoch;
  }
  throw new CellbookError('not_found', {
    doing: 'rolling pins back',
    problem: `the edge keeps no other pins from before epoch ${epoch}`,
    next: 'Publish the layout you want from a file.',
  });
}

async function change(
  context: PinsContext,
  options: ChangeOptions & { keepResidents?: boolean },
  make: (layout: Layout) => Layout,
): Promise<Outcome> {
  const current = await context.current();
  const wanted = make(settledLayout(current));
  const isKept = !options.unverified && options.keepResidents !== false;
  const { layout, kept } = isKept
    ? await keepResidents(context.remote, context.key, current, wanted)
    : { layout: wanted, kept: 0 };
  if (kept > 0) context.say(`  ${kept} users who live in moved buckets are pinned to where they live`);
  if (!options.unverified) await assertVerified(context, layout, options.without);
  return publishLayout(context, current, layout, options);
}

async function assertVerified(
  context: PinsContext,
  layout: Layout,
  without: readonly string[],
): Promise<void> {
  const findings = await verifyLayout(context.remote, context.key, await context.current(), layout);
  const isExcused = ({ text }: Finding) => without.some((id) => text.startsWith(`cell ${id} `));
  const errors = findings.filter((finding) => finding.isError && !isExcused(finding));
  if (errors.length === 0) return;
  throw new CellbookError('bad_request', {
    doing: 'verifying the pins',
    problem: errors.map(({ text }) => text).join('; '),
    next: 'Nothing was published. Correct the layout; `npm run pins -- verify FILE` says what is wrong.',
  });
}

function layoutFrom(given: unknown): Layout {
  const layout = layoutSchema.safeParse(given);
  try {
    if (layout.success) return parseLayout(layout.data);
  } catch (cause) {
    throw malformed(cause instanceof Error ? cause.message : 'malformed');
  }
  const issue = layout.error.issues[0];
  throw malformed(`${issue?.path.join('.')}: ${issue?.message}`);
}

const malformed = (problem: string): CellbookError =>
  new CellbookError('bad_request', {
    doing: 'reading a layout',
    problem,
    next: 'Start from what `npm run -s pins -- show --json` prints under "layout".',
  });
