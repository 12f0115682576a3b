/** The Go of this machine, for the two tools that are built with it. */
import { delimiter, join } from 'node:path';
import { runCommand, succeeds } from './command.ts';

/** Path of a Go that works, or null. */
export async function findGo(): Promise<string | null> {
  const candidates = [
    ...(process.env.PATH ?? '').split(delimiter).map((entry) => join(entry, 'go')),
    '/usr/local/go/bin/go',
  ];
  const works = await Promise.all(candidates.map((go) => succeeds([go, 'version'])));
  return candidates.find((_, index) => works[index]) ?? null;
}

/** Builds a program of the Go module proxy into a directory, linked statically. */
export async function goInstall(
  go: string,
  program: string,
  { directory, linkerFlags }: { directory: string; linkerFlags: string },
): Promise<void> {
  await runCommand([go, 'install', '-trimpath', `-ldflags=${linkerFlags}`, program], {
    deadlineMs: 900_000,
    env: { CGO_ENABLED: '0', GOBIN: directory },
  });
}
