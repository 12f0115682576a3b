import { checkoutDirectory } from '../config.ts';
import { assertRunning, type Child, type SpawnContext, startChild } from '../processes/child.ts';
import { waitUntil } from '../wait-until.ts';
import { answersOverTls } from './answers-over-tls.ts';

export interface ServedProgram {
  name: string;
  stopOrder: number;
  /** Of the checkout: what Node runs. */
  script: string;
  port: number;
  /** Where it serves TLS: the directory with its certificate and the authority of it. */
  tlsDirectory?: string | undefined;
  env: Record<string, string>;
  stopDeadlineMs: number;
  signal?: AbortSignal | undefined;
}

/**
 * Node's own choice lets the space for new objects grow while modules load and keeps it: a cell then holds 248
 * MiB, with this 166, in a start of the same length (measured on one machine of two cores).
 */
export const nodeMemory = '--max-semi-space-size=16';

/**
 * Calls into users' files wait in these threads, also for what the same process is to bring (cells/src/storage/live/
 * tree-call.ts): of libuv's own four none would be left for that. It is read when a process starts, never later.
 */
export const nodeThreads = { UV_THREADPOOL_SIZE: '32' };

const answerDeadlineMs = 60_000;

/** For the watch over a program that lives on and serves no more (processes/silence.ts). */
export async function answersAt(port: number): Promise<boolean> {
  const signal = AbortSignal.timeout(8_000);
  const response = await fetch(`http://127.0.0.1:${port}/healthz`, { signal });
  await response.arrayBuffer();
  return response.ok;
}

/** One of our own programs, started and waited for until its `/healthz` answers. */
export async function startServed(
  context: SpawnContext,
  program: ServedProgram,
): Promise<{ child: Child; url: string }> {
  const { name, stopOrder, script, port, tlsDirectory, env, stopDeadlineMs, signal } = program;
  const child = await startChild(context, {
    ...{ name, stopOrder, stopDeadlineMs, cwd: checkoutDirectory, env: { ...nodeThreads, ...env } },
    ...{ command: process.execPath, args: [nodeMemory, script], stopSignal: 'SIGTERM' },
  });
  const url = `${tlsDirectory === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  const answers = async () => {
    assertRunning(child);
    if (tlsDirectory !== undefined) return answersOverTls(port, tlsDirectory);
    const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.ok;
  };
  try {
    const { clock } = context;
    await waitUntil(answers, { clock, deadlineMs: answerDeadlineMs, what: `${name} to answer`, signal });
    return { child, url };
  } catch (thrown) {
    await child.stop();
    throw thrown;
  }
}
