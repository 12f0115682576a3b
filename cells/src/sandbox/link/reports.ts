/** Each frame a supervisor may send, read into what it means. Throws (malformed, or zod's error) for anything else. */
import type { KernelId } from '@cellbook/shared/ids.ts';
import type { SandboxExit } from '../driver.ts';
import { decodeEnvelope, type Frame, frameType, malformed, readU64 } from './frames.ts';
import { heartbeatSchema, helloSchema, kernelStateReportSchema, sandboxExitSchema } from './schemas.ts';
import type { Heartbeat, Hello, KernelExit, KernelState } from './supervisor-link.ts';

export type Report =
  | { kind: 'kernelOutput'; seq: number; frame: Buffer }
  | { kind: 'terminalOutput'; data: Buffer }
  | { kind: 'accepted'; bytes: number }
  | { kind: 'answer' }
  | { kind: 'hello'; hello: Hello }
  | { kind: 'kernelState'; kernelId: KernelId; state: KernelState; exit: KernelExit | undefined }
  | { kind: 'terminalExit' }
  | { kind: 'exited'; exit: SandboxExit }
  | { kind: 'heartbeat'; heartbeat: Heartbeat };

export function readReport(frame: Frame): Report {
  const { payload } = frame;
  switch (frame.type) {
    case frameType.kernelOutput:
      if (payload.length < 8) throw malformed('a kernel message without its sequence number');
      return { kind: 'kernelOutput', seq: readU64(payload, 0), frame: payload.subarray(8) };
    case frameType.terminalOutput:
      return { kind: 'terminalOutput', data: payload };
    case frameType.accepted:
      if (payload.length !== 8) throw malformed('a count of accepted bytes is 8 bytes');
      return { kind: 'accepted', bytes: readU64(payload, 0) };
    case frameType.response:
    case frameType.quiesced:
      return { kind: 'answer' };
    case frameType.hello:
      return { kind: 'hello', hello: helloSchema.parse(decodeEnvelope(payload).value) };
    case frameType.kernelState: {
      const { kernelId, state, exit } = kernelStateReportSchema.parse(decodeEnvelope(payload).value);
      return { kind: 'kernelState', kernelId, state, exit };
    }
    case frameType.terminalExit:
      return { kind: 'terminalExit' };
    case frameType.exited:
      return { kind: 'exited', exit: sandboxExitSchema.parse(decodeEnvelope(payload).value) };
    case frameType.heartbeat:
      return { kind: 'heartbeat', heartbeat: heartbeatSchema.parse(decodeEnvelope(payload).value) };
    case frameType.protocolError:
      throw malformed('the supervisor could not read what the cell sent');
    default:
      throw malformed(`frame type ${frame.type} is not for the cell`);
  }
}
