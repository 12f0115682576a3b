/**
 * Paths as clients name them, to arrays of names and back. A URL is decoded once, as bytes; what is not
 * UTF-8, or holds NUL, `.` or `..`, is refused rather than repaired. An encoded slash separates like a plain
 * one, as it does in jupyter_server.
 */
import { isUtf8 } from 'node:buffer';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { TreePath } from '../storage/file-tree.ts';
import { isReserved } from '../storage/live/reserved-names.ts';

/** From the raw, still encoded part of a URL. */
export function pathFromUrl(encoded: string): TreePath {
  const bytes = percentDecode(encoded);
  if (!bytes || !isUtf8(bytes)) throw refused('it is not UTF-8, percent-encoded once');
  return pathFromApi(bytes.toString('utf8'));
}

/** From a path in JSON or a query: names joined by slashes; slashes at the ends count for nothing. */
export function pathFromApi(text: string): TreePath {
  if (!text.isWellFormed()) throw refused('it is not text');
  if (text.includes('\0')) throw refused('it holds a NUL');
  if (Buffer.byteLength(text) > limits.contents.pathBytesMax) throw refused('it is too long');
  const names = text.split('/').filter((name) => name !== '');
  for (const name of names) checkName(name);
  return names;
}

function checkName(name: string): void {
  if (name === '.' || name === '..') throw refused('it holds . or ..');
  if (Buffer.byteLength(name) > limits.contents.nameBytesMax)
    throw refused(`a name is longer than ${limits.contents.nameBytesMax} bytes`);
  if (isReserved(name)) throw refused('names that begin with .cellbook- are kept for Cellbook');
}

export const apiPath = (path: TreePath): string => path.join('/');

/** As jupyter_server writes it in `Location`: everything but letters, digits and `_.-~` is encoded. */
export const urlPath = (path: TreePath): string => path.map(encodeName).join('/');

export const encodeName = (name: string): string =>
  encodeURIComponent(name).replace(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** A name or a folder on the way that begins with a dot. */
export const isHidden = (path: TreePath): boolean => path.some((name) => name.startsWith('.'));

/** Null for a percent sign that is not followed by two hexadecimal digits. */
function percentDecode(encoded: string): Buffer | null {
  if (/%(?![0-9A-Fa-f]{2})/.test(encoded)) return null;
  const bytes: number[] = [];
  const raw = Buffer.from(encoded, 'utf8');
  for (let at = 0; at < raw.length; at++) {
    if (raw[at] !== percent) bytes.push(raw[at] ?? 0);
    else {
      bytes.push(Number.parseInt(raw.toString('latin1', at + 1, at + 3), 16));
      at += 2;
    }
  }
  return Buffer.from(bytes);
}

const percent = 0x25;

function refused(problem: string): CellbookError {
  return new CellbookError('path_refused', {
    doing: 'reading a path',
    problem: `the path cannot be used: ${problem}`,
    next: 'Use names of at most 255 bytes, joined by slashes, below the workspace’s root.',
  });
}
