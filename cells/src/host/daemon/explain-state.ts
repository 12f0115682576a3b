/** A kernel's end as the host knows it: whether the host itself killed it for the sandbox's memory limit. */
import { decodeEnvelope, encodeEnvelope, type Frame, frameHeader } from '../../sandbox/link/frames.ts';
import { kernelStateReportSchema } from '../../sandbox/link/schemas.ts';
import type { KernelExit } from '../../sandbox/link/supervisor-link.ts';

/** The frame with what the host knows in it. Throws for one that is malformed. */
export function explainState(frame: Frame, explain: (exit: KernelExit) => KernelExit): Buffer {
  const { type, stream, seq, flags } = frame;
  const report = kernelStateReportSchema.parse(decodeEnvelope(frame.payload).value);
  const payload = encodeEnvelope(report.exit ? { ...report, exit: explain(report.exit) } : report);
  return Buffer.concat([frameHeader(type, stream, seq, payload.length, flags), payload]);
}
