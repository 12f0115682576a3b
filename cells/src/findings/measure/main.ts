/**
 * How often the rules are right: scans every notebook and Python file of a directory, and the credentials
 * planted in planted.ts, each in a notebook's source and in its output.
 *
 *     node cells/src/findings/measure/main.ts <directory> [--json]
 *
 * What is found in the directory is listed for a person to judge: only he can say which of them are true.
 * Nothing of a credential is printed.
 */
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { planted } from '../planted.ts';
import { scanFile } from '../scan.ts';

const [directory] = process.argv.slice(2).filter((word) => !word.startsWith('--'));
if (directory === undefined) {
  console.error('usage: node cells/src/findings/measure/main.ts <directory> [--json]');
  process.exit(2);
}

const corpus = {
  files: 0,
  megabytes: 0,
  skipped: 0,
  flagged: 0,
  findings: 0,
  slowestMs: 0,
  msPerMegabyte: 0,
};
const listed: string[] = [];
let totalMs = 0;
for await (const path of glob('**/*.{ipynb,py}', { cwd: directory })) {
  const bytes = await readFile(join(directory, path)).catch(() => null);
  if (bytes === null) continue;
  if (bytes.length > limits.findings.scanBytesMax) {
    corpus.skipped += 1;
    continue;
  }
  const startedMs = systemClock.monotonicMs();
  const findings = await scanFile({ path, bytes });
  const tookMs = systemClock.monotonicMs() - startedMs;
  totalMs += tookMs;
  corpus.files += 1;
  corpus.megabytes += bytes.length / 1e6;
  corpus.slowestMs = Math.max(corpus.slowestMs, Math.round(tookMs));
  corpus.flagged += findings.length > 0 ? 1 : 0;
  corpus.findings += findings.length;
  for (const { rule, cell, part, line, hint } of findings)
    listed.push(`${path}: ${cell === null ? '' : `cell ${cell}, `}${part}, line ${line}: ${rule} ${hint}`);
}
corpus.megabytes = Math.round(corpus.megabytes * 10) / 10;
corpus.msPerMegabyte = Math.round(totalMs / Math.max(corpus.megabytes, 0.1));

const missed: string[] = [];
for (const { kind, code } of planted) {
  const cells = [
    { cell_type: 'code', source: code, outputs: [] },
    { cell_type: 'code', source: 'show()', outputs: [{ output_type: 'stream', name: 'stdout', text: code }] },
  ];
  const found = await scanFile({ path: 'planted.ipynb', bytes: Buffer.from(JSON.stringify({ cells })) });
  const isIn = (cell: number) => found.some((one) => one.cell === cell);
  if (!isIn(0) || !isIn(1)) missed.push(kind);
}

const result = { corpus, planted: { kinds: planted.length, found: planted.length - missed.length, missed } };
if (process.argv.includes('--json')) console.log(JSON.stringify({ ...result, listed }));
else {
  for (const line of listed) console.log(line);
  console.log(result);
}
