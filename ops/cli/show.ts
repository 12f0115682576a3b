/**
 * Results go to standard output and everything else to standard error. With `--json` a result is one JSON value
 * on one line, also where it is a list, so that `| jq` works on every command alike.
 */
import { CellbookError, errorBody } from '@cellbook/shared/errors.ts';
import { explain } from '../up/explain.ts';
import { toldFailure } from './told-failure.ts';

export interface Show {
  json: boolean;
  /** A result: its JSON as it is, and how a person reads it. */
  result(value: unknown, text: () => string): void;
  /** What goes on meanwhile; silent with `--json`. */
  note(line: string): void;
  failure(thrown: unknown): void;
}

export function createShow(json: boolean): Show {
  return {
    json,
    result(value, text) {
      process.stdout.write(json ? `${JSON.stringify(value)}\n` : withEnd(text()));
    },
    note(line) {
      if (!json) process.stderr.write(`${line}\n`);
    },
    failure(thrown) {
      const told = toldFailure(thrown);
      const error = told instanceof CellbookError ? told : null;
      if (json) {
        const body = error ? errorBody(error) : { code: 'internal', message: String(told), reason: null };
        process.stderr.write(`${JSON.stringify(body)}\n`);
      } else process.stderr.write(withEnd(explain(told)));
    },
  };
}

const withEnd = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);

/** Rows under their headings, columns as wide as their widest cell. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, at) =>
    Math.max(heading.length, ...rows.map((row) => (row[at] ?? '').length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd();
  return [headings.map((heading) => heading.toUpperCase()), ...rows].map(line).join('\n');
}
