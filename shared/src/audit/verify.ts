/**
 * Whether an audit chain is what was written: every row's hash and link, no gap from its beginning (or from a
 * signed removal) to its end, and every signed checkpoint met. Each finding names the row, what was expected
 * there and what was found; checking goes on behind it, so that one damage is one finding.
 */
import { canonicalJson } from './canonical.ts';
import { type ChainHead, type ChainRow, chainedText, emptyChain, sha256Hex } from './chain.ts';
import { type AuditPublicKey, type AuditStatement, readStatement } from './statements.ts';
import { superfluous } from './thin.ts';

export type FindingKind =
  /** The row's content is not what its hash was taken of. */
  | 'changed'
  /** The row does not continue the one before it. */
  | 'unlinked'
  /** Rows are absent between two others, or at the beginning without a signed removal. */
  | 'missing'
  /** A signed checkpoint names a later row than the last there is. */
  | 'truncated'
  /** A signed checkpoint says that this row had another hash. */
  | 'rewritten'
  /** A column by which events are found says something else than the event. */
  | 'column'
  /** A statement that no known key signed. */
  | 'unsigned'
  /** A statement that is kept in the other store and is gone from the database. */
  | 'statement_missing';

export interface Finding {
  kind: FindingKind;
  seq: number;
  expected: string;
  found: string;
}

/** A row as a store holds it, with the columns it is found by. */
export interface StoredChainRow extends ChainRow {
  columns?: Record<string, string | null>;
}

export interface ChainToVerify {
  chain: string;
  /** In order of `seq`. */
  rows: AsyncIterable<StoredChainRow>;
  /** Statements (JWS) kept beside the rows. */
  statements: readonly string[];
  /** Statements kept in the other store. */
  anchors: readonly string[];
  keys: readonly AuditPublicKey[];
  /** Statements that a thinning takes away by now (thin.ts) may be gone from one store and not yet from the other. */
  nowMs: number;
  /** What the columns of an event must say; null where the body cannot be read. */
  columnsOf?(body: string): Record<string, string | null> | null;
}

export interface ChainReport {
  chain: string;
  rows: number;
  first: number | null;
  last: number | null;
  /** The newest row that a signature vouches for. */
  signedThrough: number;
  findings: Finding[];
}

/** Findings told one by one; more of them add nothing. */
const findingsMax = 1_000;

export async function verifyChain(given: ChainToVerify): Promise<ChainReport> {
  const findings: Finding[] = [];
  const find = (finding: Finding) => void (findings.length < findingsMax && findings.push(finding));
  const statements = await readStatements(given, find);
  const signed = hashesBySeq(statements);
  let at: ChainHead = beginningOf(statements);
  let [rows, first]: [number, number | null] = [0, null];
  for await (const row of given.rows) {
    if (row.seq > at.seq + 1) find(missing(at.seq + 1, row.seq - 1));
    else if (row.prev !== at.hash)
      find({ kind: 'unlinked', seq: row.seq, expected: at.hash, found: row.prev });
    for (const finding of await checkRow(given, row, signed)) find(finding);
    rows += 1;
    first ??= row.seq;
    at = row;
  }
  const signedThrough = Math.max(0, ...statements.map(({ seq }) => seq));
  if (signedThrough > at.seq) {
    const expected = `row ${signedThrough}, which was signed`;
    find({ kind: 'truncated', seq: at.seq, expected, found: `row ${at.seq} as the last one` });
  }
  return { chain: given.chain, rows, first, last: rows === 0 ? null : at.seq, signedThrough, findings };
}

async function checkRow(
  { chain, columnsOf }: ChainToVerify,
  row: StoredChainRow,
  signed: ReadonlyMap<number, string>,
): Promise<Finding[]> {
  const { seq, hash } = row;
  const found: Finding[] = [];
  const expected = await sha256Hex(chainedText(chain, row));
  if (expected !== hash) found.push({ kind: 'changed', seq, expected, found: hash });
  const vouched = signed.get(seq);
  if (vouched !== undefined && vouched !== hash)
    found.push({ kind: 'rewritten', seq, expected: vouched, found: hash });
  if (columnsOf && row.columns) {
    const [wanted, there] = [columnsOf(row.body), row.columns].map((columns) => canonicalJson(columns));
    if (wanted !== there) found.push({ kind: 'column', seq, expected: wanted ?? '', found: there ?? '' });
  }
  return found;
}

async function readStatements(
  { chain, statements, anchors, keys, nowMs }: ChainToVerify,
  find: (finding: Finding) => void,
): Promise<AuditStatement[]> {
  const kept = new Set(statements);
  const read: (AuditStatement & { atMs: number; isKept: boolean })[] = [];
  for (const jws of new Set([...statements, ...anchors])) {
    const statement = await readStatement(jws, chain, keys);
    if (statement === null) find({ kind: 'unsigned', seq: 0, expected: 'a known key', found: cut(jws) });
    else read.push({ ...statement, atMs: Date.parse(statement.at), isKept: kept.has(jws) });
  }
  const thinned = new Set(superfluous(read, nowMs));
  for (const statement of read) if (!statement.isKept && !thinned.has(statement)) find(gone(statement));
  return read;
}

/** Where two checkpoints of one row disagree the first one signed counts: it was made before the damage. */
function hashesBySeq(statements: readonly AuditStatement[]): Map<number, string> {
  const newestFirst = [...statements].sort((left, right) => (left.at < right.at ? 1 : -1));
  return new Map(newestFirst.map(({ seq, hash }) => [seq, hash]));
}

function beginningOf(statements: readonly AuditStatement[]): ChainHead {
  return statements
    .filter(({ kind }) => kind === 'removal')
    .reduce((latest: ChainHead, { seq, hash }) => (seq > latest.seq ? { seq, hash } : latest), emptyChain);
}

const missing = (from: number, to: number): Finding => ({
  kind: 'missing',
  seq: from,
  expected: from === to ? `row ${from}` : `rows ${from} to ${to}`,
  found: `row ${to + 1} next`,
});

const gone = ({ kind, seq, at }: AuditStatement): Finding => ({
  kind: 'statement_missing',
  seq,
  expected: `the ${kind} of ${at}`,
  found: 'nothing in the database',
});

const cut = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);
