/**
 * Which statements a thinning may take away. It takes them from the other store as well, which whoever can write to
 * the database cannot reach; so nothing in the database counts for it that no known key has signed. A forged removal,
 * or a checkpoint that nobody made, would else have the log's own writer take away what convicts the forger.
 */
import { type AuditPublicKey, readStatement } from './statements.ts';
import { superfluous, type TimedStatement } from './thin.ts';

export interface KeptTimed extends TimedStatement {
  jws: string;
}

export interface Thinning<Kept extends KeptTimed> {
  chain: string;
  keys: readonly AuditPublicKey[];
  nowMs: number;
  /** A part of all, in order of `seq`. */
  part: readonly Kept[];
  /** The newest removal of all. */
  removal: Kept | null;
  /** How many go at the most. */
  max: number;
}

/** Superfluous, signed, and so is what makes it superfluous. What is not signed stays, to be found. */
export async function signedSuperfluous<Kept extends KeptTimed>(given: Thinning<Kept>): Promise<Kept[]> {
  const { chain, keys, nowMs, removal, max } = given;
  const all = removal === null || given.part.some((one) => isSame(one, removal)) ? [] : [removal];
  const read = new Map<Kept, boolean>();
  for (let known = [...given.part, ...all]; ; ) {
    const gone = superfluous(known, nowMs).slice(0, max);
    const asked = involved(known, gone).filter((one) => !read.has(one));
    if (asked.length === 0) return gone;
    for (const one of asked) read.set(one, await isSigned(one, chain, keys));
    known = known.filter((one) => read.get(one) !== false);
  }
}

/** With each that goes what comes after it, and the removal behind which they lie. */
function involved<Kept extends TimedStatement>(known: readonly Kept[], gone: readonly Kept[]): Kept[] {
  if (gone.length === 0) return [];
  const leaving = new Set(gone);
  const checkpoints = known.filter(({ kind }) => kind === 'checkpoint');
  const next = checkpoints.filter((_, index) => {
    const before = checkpoints[index - 1];
    return before !== undefined && leaving.has(before);
  });
  const removals = known.filter(({ kind }) => kind === 'removal');
  const newest = removals.reduce<Kept[]>(
    ([held], one) => [held === undefined || one.seq > held.seq ? one : held],
    [],
  );
  return [...new Set([...newest, ...next, ...gone])];
}

async function isSigned(
  { kind, seq, atMs, jws }: KeptTimed,
  chain: string,
  keys: readonly AuditPublicKey[],
): Promise<boolean> {
  const said = await readStatement(jws, chain, keys);
  return said?.kind === kind && said.seq === seq && Date.parse(said.at) === atMs;
}

const isSame = (one: TimedStatement, other: TimedStatement): boolean =>
  one.kind === other.kind && one.seq === other.seq;
