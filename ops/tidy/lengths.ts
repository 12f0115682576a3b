/**
 * Files and functions stay short. A function's length is that of its own lines: those of functions inside it
 * are counted for them alone, so that a factory is not blamed for its methods. The formatter's indentation
 * tells where a function ends.
 */
import { type Breach, isSource, isTest, type SourceFile } from './source.ts';

export const fileLinesReported = 150;
export const fileLinesMax = 400;
export const functionLinesMax = 60;

export function fileLength(file: SourceFile, linesMax: number): Breach[] {
  if (!isSource(file.path) || isTest(file.path)) return [];
  const lines = file.text.trimEnd().split('\n').length;
  return lines > linesMax ? [{ path: file.path, problem: `has ${lines} lines, more than ${linesMax}` }] : [];
}

export function functionLength(file: SourceFile): Breach[] {
  if (!isSource(file.path) || isTest(file.path) || file.path.endsWith('.py')) return [];
  const lines = file.text.split('\n');
  const functions = findFunctions(lines);
  return functions.flatMap(({ start, end }) => {
    const inner = functions.filter((other) => other.start > start && other.end < end);
    const outermost = inner.filter(
      (one) => !inner.some((other) => other.start < one.start && other.end > one.end),
    );
    const own = end - start + 1 - outermost.reduce((sum, one) => sum + one.end - one.start + 1, 0);
    if (own <= functionLinesMax) return [];
    return [
      {
        path: file.path,
        line: start + 1,
        problem: `a function of ${own} lines, more than ${functionLinesMax}`,
      },
    ];
  });
}

const control =
  /^\s*(\} )?(if|else|for|while|switch|try|catch|finally|do|return \{|class|interface|const enum)\b/;
const opening = /(\bfunction\b.*|=>|^\s*(async |static |get |set |#)*[\w#$]+\(.*\)(: .+)?|^\s*\)(: .+)?) \{$/;

function findFunctions(lines: string[]): { start: number; end: number }[] {
  return lines.flatMap((line, start) => {
    if (!opening.test(line) || (control.test(line) && !line.endsWith('=> {'))) return [];
    const indent = /^\s*/.exec(line)?.[0] ?? '';
    const end = lines.findIndex((other, at) => at > start && other.startsWith(`${indent}}`));
    return end === -1 ? [] : [{ start, end }];
  });
}
