/**
 * Imports point one way: every program imports itself and `shared`, never another program. Tests and what they stand on (`testing/`) may also
 * use the test services of ops.
 */
import { posix } from 'node:path';
import { type Breach, isTest, type SourceFile } from './source.ts';

const programs = ['edge', 'cells', 'regional-scheduler', 'gpu-agent', 'ops', 'loadtest', 'shared'];
/** Holds breaches on purpose. */
const samples = 'ops/tidy/rules.test.ts';
const specifier = /(?:\bfrom\s*|\bimport\s*\(?\s*)'([^']+)'/g;

export function importDirection(file: SourceFile): Breach[] {
  const own = programOf(file.path);
  if (!own || file.path === samples) return [];
  return [...file.text.matchAll(specifier)].flatMap(([, wanted = '']) => {
    const target = targetOf(file.path, wanted);
    const to = target && programOf(target);
    if (!to || to === own || to === 'shared') return [];
    if ((isTest(file.path) || file.path.includes('/testing/')) && target.startsWith('ops/test/')) return [];
    return [{ path: file.path, problem: `imports ${wanted}: ${own} may import only itself and shared` }];
  });
}

/** The path of what is imported from the top of the repository, or null for a package of others. */
function targetOf(from: string, wanted: string): string | null {
  if (wanted.startsWith('.')) return posix.normalize(posix.join(posix.dirname(from), wanted));
  return wanted.startsWith('@cellbook/') ? wanted.slice('@cellbook/'.length) : null;
}

function programOf(path: string): string | null {
  const top = path.split('/')[0] ?? '';
  return programs.includes(top) ? top : null;
}
