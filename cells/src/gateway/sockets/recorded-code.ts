/**
 * The code that comes in over one socket, where the organisation asked for it to be recorded: each
 * execute_request reaches its kernel when its event is in the audit log, and what follows it waits, in order.
 * Meanwhile the socket is not read. Code that cannot be recorded is not run: the socket is closed, so that its
 * client comes back and asks again.
 */
import { createHash } from 'node:crypto';
import { limits } from '@cellbook/shared/limits.ts';
import type { NewAuditEvent } from '@cellbook/shared/protocol/audit.ts';
import { z } from 'zod';
import type { AuditLog } from '../../audit/audit-log.ts';
import { part, type V1Frame } from '../frames/v1-frame.ts';
import { readClientMessage } from '../kernels/client-message.ts';

export interface CodeRecording {
  log: Pick<AuditLog, 'record'>;
  /** Who runs it, in what, from where. */
  event: Omit<NewAuditEvent, 'code' | 'result'>;
}

export interface RecordedSocket {
  isLegacy: boolean;
  pause(): void;
  resume(): void;
  /** Its code could not be recorded. */
  giveUp(error: unknown): void;
}

export class RecordedCode {
  readonly #recording: CodeRecording;
  readonly #socket: RecordedSocket;
  #last: Promise<void> | null = null;
  #isGivenUp = false;

  constructor(recording: CodeRecording, socket: RecordedSocket) {
    this.#recording = recording;
    this.#socket = socket;
  }

  /** Calls `deliver` at once where nothing has to be recorded or waited for. */
  receive(bytes: Buffer, isBinary: boolean, deliver: () => void): void {
    const code = codeIn(this.#socket, bytes, isBinary);
    if (code === null && this.#last === null) deliver();
    else this.#queue(code, deliver);
  }

  #queue(code: string | null, deliver: () => void): void {
    this.#socket.pause();
    const turn = (this.#last ?? Promise.resolve())
      .then(() => (code === null || this.#isGivenUp ? undefined : this.#record(code)))
      .then(() => {
        if (!this.#isGivenUp) deliver();
      })
      .catch((error: unknown) => {
        this.#isGivenUp = true;
        this.#socket.giveUp(error);
      })
      .finally(() => {
        if (this.#last !== turn) return;
        this.#last = null;
        this.#socket.resume();
      });
    this.#last = turn;
  }

  #record(code: string): Promise<void> {
    const { log, event } = this.#recording;
    return log.record({
      ...event,
      result: { outcome: 'ok', code: null, status: null },
      code: {
        text: code.slice(0, limits.audit.kernelCodeCharsMax),
        bytes: Buffer.byteLength(code),
        sha256: createHash('sha256').update(code).digest('hex'),
      },
    });
  }
}

const contentSchema = z.object({ code: z.string() });

/** Null for any other message; what is malformed is the kernel's to refuse. */
function codeIn(socket: Pick<RecordedSocket, 'isLegacy'>, bytes: Buffer, isBinary: boolean): string | null {
  const message = readClientMessage(socket, bytes, isBinary);
  if ('problem' in message || message.header.msgType !== 'execute_request') return null;
  return contentOf(message.frame);
}

function contentOf({ parts }: V1Frame): string | null {
  try {
    return contentSchema.parse(JSON.parse(parts[part.content]!.toString())).code;
  } catch {
    return null;
  }
}
