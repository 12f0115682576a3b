import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SourceFile {
  /** From the top of the repository, with forward slashes. */
  path: string;
  text: string;
}

/** One breach of a rule: where, and what to do about it. */
export interface Breach {
  path: string;
  line?: number;
  problem: string;
}

/** Every text file that is or would be committed. */
export function committedFiles(checkout: string): SourceFile[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  const listed = execFileSync('git', args, { cwd: checkout, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  return listed
    .split('\0')
    .filter((path) => path !== '' && existsSync(join(checkout, path)))
    .map((path) => ({ path, text: readFileSync(join(checkout, path), 'utf8') }))
    .filter(({ text }) => !text.includes('\0'));
}

export const isTest = (path: string) =>
  /\.test\.[mc]?tsx?$|\.conformance\.ts$|(^|\/)test_[^/]*\.py$/.test(path);

export const isGenerated = (path: string) =>
  /(^|\/)(migrations|generated)\/|package-lock\.json$|openapi\.json$|\.d\.ts$|\/cellbook_client\/(?!connect\.py$)/.test(
    path,
  );

export const isSource = (path: string) => /\.(ts|tsx|mts|mjs|js|py)$/.test(path) && !isGenerated(path);

export function format(breaches: Breach[]): string {
  return breaches.map(({ path, line, problem }) => `${path}${line ? `:${line}` : ''} ${problem}`).join('\n');
}

/** Runs `check` on each line; what it returns is the problem. */
export function eachLine(file: SourceFile, check: (line: string) => string | null): Breach[] {
  return file.text.split('\n').flatMap((text, index) => {
    const problem = check(text);
    return problem ? [{ path: file.path, line: index + 1, problem }] : [];
  });
}
