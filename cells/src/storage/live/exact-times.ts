/**
 * Sets modification times to the nanosecond. Node takes times as doubles, which are off by up to 119 ns
 * today, and a kernel that compares times (make, Jupyter's own conflict check) would see files change over a
 * suspend. So one Python process for a whole tree sets them through `utimensat`: names go in as bytes, the
 * directory that holds each is passed as an inherited descriptor, links are not followed. Where there is no
 * Python the nearest double is used, and the stored tree still keeps the exact time.
 */
import { spawn } from 'node:child_process';
import type { FileHandle } from 'node:fs/promises';
import { lutimes } from 'node:fs/promises';
import { nameToBytes } from '../tree/name.ts';
import { at, openDirectory, type Place } from './beneath.ts';

export interface TimeToSet {
  path: readonly string[];
  mtimeNs: string;
}

const program = `
import os, sys
root = 3
for record in sys.stdin.buffer.read().split(b'\\0\\0'):
    if not record: continue
    ns, _, path = record.partition(b'\\0')
    names = path.split(b'/')
    here = root
    try:
        for name in names[:-1]:
            there = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
            if here != root: os.close(here)
            here = there
        when = int(ns)
        os.utime(names[-1], ns=(when, when), dir_fd=here, follow_symlinks=False)
    except OSError as problem:
        print(problem, file=sys.stderr)
    finally:
        if here != root: os.close(here)
`;

/** The system's own first: it starts in 15 ms, a version manager's shim in 150. */
const pythons = ['/usr/bin/python3', 'python3'];

/** Times are set in the order given: a directory's must come after those of what is in it. */
export async function setExactTimes(root: FileHandle, times: readonly TimeToSet[]): Promise<void> {
  if (times.length === 0) return;
  for (const python of pythons) if (await setWithPython(python, root, times)) return;
  for (const { path, mtimeNs } of times) await setNearest(root, path, Number(mtimeNs) / 1e9);
}

function setWithPython(python: string, root: FileHandle, times: readonly TimeToSet[]): Promise<boolean> {
  const records = times.map(({ path, mtimeNs }) => {
    const named = path.length === 0 ? ['.'] : path;
    const names = Buffer.concat(named.flatMap((name) => [slash, nameToBytes(name)])).subarray(1);
    return Buffer.concat([Buffer.from(`${mtimeNs}\0`), names, Buffer.from('\0\0')]);
  });
  return new Promise((resolve) => {
    const child = spawn(python, ['-I', '-S', '-c', program], {
      stdio: ['pipe', 'ignore', 'ignore', root.fd],
    });
    child.on('error', () => resolve(false));
    child.on('close', (code) => resolve(code === 0));
    child.stdin?.on('error', () => {});
    child.stdin?.end(Buffer.concat(records));
  });
}

const slash = Buffer.from('/');

async function setNearest(root: FileHandle, path: readonly string[], seconds: number): Promise<void> {
  const held: FileHandle[] = [];
  try {
    const here = () => held.at(-1) ?? root;
    for (const name of path.slice(0, -1)) held.push(await openDirectory({ directory: here(), name }));
    const place: Place = { directory: here(), name: path.at(-1) ?? '.' };
    await lutimes(at(place), seconds, seconds);
  } finally {
    for (const handle of held.reverse()) await handle.close();
  }
}
