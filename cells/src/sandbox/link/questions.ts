/** What can be asked of a supervisor that changes nothing the link has to remember. */
import type { KernelId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { ZodType } from 'zod';
import { malformed } from './frames.ts';
import type { LinkConnection } from './link-connection.ts';
import { kernelInfoSchema, kernelspecsSchema, runDoneSchema } from './schemas.ts';
import type { KernelInfo, KernelspecEntry, RunCommand, RunResult } from './supervisor-link.ts';

const { requestMsMax, kernelStartMsMax } = limits.supervisorLink;

export class Questions {
  readonly #connection: LinkConnection;

  constructor(connection: LinkConnection) {
    this.#connection = connection;
  }

  async listKernelspecs(): Promise<Record<string, KernelspecEntry>> {
    return parsed(kernelspecsSchema, (await this.#connection.ask('listKernelspecs', {})).value);
  }

  async readKernelspecResource(kernelspec: string, file: string): Promise<Buffer> {
    return (await this.#connection.ask('readKernelspecResource', { kernelspec, file })).binary;
  }

  async setEnvironment(environment: Readonly<Record<string, string>>): Promise<void> {
    await this.#connection.ask('setEnvironment', { environment });
  }

  async interruptKernel(kernelId: KernelId): Promise<void> {
    await this.#connection.ask('interruptKernel', { kernelId });
  }

  async restartKernel(kernelId: KernelId): Promise<KernelInfo> {
    const answer = await this.#connection.ask('restartKernel', { kernelId }, kernelStartMsMax);
    return parsed(kernelInfoSchema, answer.value);
  }

  async run(command: RunCommand): Promise<RunResult> {
    const { stdin, ...params } = command;
    const deadlineMs = command.timeoutMs + requestMsMax;
    const { value, binary } = await this.#connection.ask('run', params, deadlineMs, stdin);
    const { exitCode, stdoutBytes, stderrBytes } = parsed(runDoneSchema, value);
    if (stdoutBytes + stderrBytes !== binary.length)
      throw malformed("a command's output sizes do not add up");
    return { exitCode, stdout: binary.subarray(0, stdoutBytes), stderr: binary.subarray(stdoutBytes) };
  }
}

/** What the inside of a sandbox answered, or `malformed_frame`. */
export function parsed<T>(schema: ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (!result.success) throw malformed('the answer has not the agreed form');
  return result.data;
}
