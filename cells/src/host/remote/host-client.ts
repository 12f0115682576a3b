/** One daemon as a controller reaches it: commands with deadlines, and typed errors whatever goes wrong. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { HostId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { ZodType } from 'zod';
import type { ClientTls } from '../tls/client-tls.ts';
import { certificateProblem, certificateRefused } from '../tls/peer.ts';
import { fromWire, wireErrorSchema } from '../wire/wire-error.ts';

export interface HostClientDeps {
  hostId: HostId;
  url: string;
  key: string;
  clock: Clock;
  /** Its certificates; null where it is reached on loopback, in plain. */
  tls?: ClientTls | null;
}

interface Limit {
  deadlineMs?: number;
  signal?: AbortSignal | undefined;
}

export interface Command extends Limit {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  body?: unknown;
}

interface Asked extends Limit {
  init: RequestInit;
}

export class HostClient {
  readonly hostId: HostId;
  readonly url: string;
  readonly tls: ClientTls | null;
  readonly #authorization: string;
  readonly #clock: Clock;

  constructor({ hostId, url, key, clock, tls = null }: HostClientDeps) {
    this.hostId = hostId;
    this.url = url.replace(/\/$/, '');
    this.#authorization = `Bearer ${key}`;
    this.#clock = clock;
    this.tls = tls;
  }

  get headers(): { authorization: string } {
    return { authorization: this.#authorization };
  }

  /** The answer's body. Throws what the daemon refused with, or `host_unreachable` when nothing came. */
  async call<T>(schema: ZodType<T>, { method, path, body, ...limit }: Command): Promise<T> {
    const isJson = body !== undefined;
    const init = {
      method,
      headers: isJson ? { 'content-type': 'application/json' } : {},
      ...(isJson ? { body: JSON.stringify(body) } : {}),
    };
    return schema.parse(await this.take(path, { init, ...limit }, (response) => response.json()));
  }

  /** The answer with its body unread, for streams. */
  send(path: string, asked: Asked): Promise<Response> {
    return this.take(path, asked, async (response) => response);
  }

  /** What is made of the answer, its body read within the same deadline: a host may fall silent in the middle of it. */
  take<T>(path: string, { init, ...limit }: Asked, read: (response: Response) => Promise<T>): Promise<T> {
    return this.#within(limit, async (signal) => {
      const response = await fetch(`${this.url}${path}`, {
        ...{ ...init, headers: { ...init.headers, ...this.headers }, signal },
        ...(this.tls && { dispatcher: this.tls.dispatcher }),
      });
      if (response.ok) return read(response);
      const refusal = wireErrorSchema.safeParse(await response.json().catch(() => null));
      if (refusal.success) throw fromWire(refusal.data);
      throw this.unreachable(`it answered ${response.status}`);
    });
  }

  /** What a failed connection is: a certificate that is refused, or a host that does not answer. */
  failed(thrown: unknown): CellbookError {
    const problem = certificateProblem(thrown);
    if (problem === null) return this.unreachable('it does not answer', thrown);
    return certificateRefused(`reaching host ${this.hostId}`, problem, { hostId: this.hostId });
  }

  unreachable(problem: string, cause?: unknown): CellbookError {
    return new CellbookError('host_unreachable', {
      doing: `reaching host ${this.hostId}`,
      problem,
      next: 'It is tried again by itself; look at the host if it goes on.',
      ids: { hostId: this.hostId },
      retryAfterMs: limits.lifecycle.hostLookAgainMs,
      cause,
    });
  }

  async #within<T>(
    { deadlineMs = limits.host.commandMsMax, signal }: Limit,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const details = { code: 'host_unreachable' as const, doing: `waiting for host ${this.hostId}` };
    try {
      return await withDeadline(this.#clock, deadlineMs, details, work, signal);
    } catch (thrown) {
      signal?.throwIfAborted();
      throw thrown instanceof CellbookError ? thrown : this.failed(thrown);
    }
  }
}
