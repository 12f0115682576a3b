/**
 * A kernel socket of a workspace that sleeps is parked in the cell: open, and costing nothing elsewhere.
 * What a client says on its own, when a page opens or a connection comes back, is answered from what was
 * recorded; what a person meant wakes the workspace:
 *
 *     kernel_info_request, comm_info_request, history_request, debugInfo, interrupt_request → answered here
 *     comm_msg, comm_close, input_reply → dropped where what they speak to went with the kernel's memory
 *     everything else → held, in order, while the workspace resumes and the kernel starts again
 *
 * An answer comes as a kernel gives it: busy, the reply, idle, all with the request as their parent.
 */
import { type Header, readObject } from '../frames/message.ts';
import { part, type V1Frame } from '../frames/v1-frame.ts';

export type ParkedDecision =
  | { kind: 'answer'; replyType: string; content: Record<string, unknown> }
  | { kind: 'drop'; why: string }
  | { kind: 'hold' };

export function decideParked(
  frame: V1Frame,
  header: Header,
  kernelInfo: Record<string, unknown> | null,
  /** Its memory sleeps with it and comes back: what speaks to it wakes it. */
  isAsleep = false,
): ParkedDecision {
  if (isAsleep && toItsMemory.has(header.msgType)) return { kind: 'hold' };
  switch (header.msgType) {
    case 'kernel_info_request':
      if (!kernelInfo) return { kind: 'hold' };
      return { kind: 'answer', replyType: 'kernel_info_reply', content: { status: 'ok', ...kernelInfo } };
    case 'comm_info_request':
      return { kind: 'answer', replyType: 'comm_info_reply', content: { status: 'ok', comms: {} } };
    case 'history_request':
      return { kind: 'answer', replyType: 'history_reply', content: { status: 'ok', history: [] } };
    case 'interrupt_request':
      return { kind: 'answer', replyType: 'interrupt_reply', content: { status: 'ok' } };
    case 'debug_request':
      return decideDebug(frame);
    case 'comm_msg':
    case 'comm_close':
      return { kind: 'drop', why: 'its comm went with the kernel’s memory' };
    case 'input_reply':
      return { kind: 'drop', why: 'nothing waits for input' };
    default:
      return { kind: 'hold' };
  }
}

/** Whether a message is a person's doing and counts for the idle policy; what pages say on their own is not. */
export function isActivity(msgType: string): boolean {
  return !unprompted.has(msgType);
}

const toItsMemory = new Set(['comm_msg', 'comm_close', 'input_reply', 'interrupt_request']);

const unprompted = new Set(['kernel_info_request', 'comm_info_request', 'history_request', 'debug_request']);

/** JupyterLab asks for the debugger's state when a notebook opens: none is running here. */
function decideDebug(frame: V1Frame): ParkedDecision {
  const request = readObject(frame.parts[part.content]!);
  if (request.command !== 'debugInfo') return { kind: 'hold' };
  const body = {
    isStarted: false,
    hashMethod: 'Murmur2',
    hashSeed: 0,
    tmpFilePrefix: '',
    tmpFileSuffix: '.py',
    breakpoints: [],
    stoppedThreads: [],
    richRendering: true,
    exceptionPaths: [],
  };
  const content = {
    type: 'response',
    command: 'debugInfo',
    success: true,
    seq: 0,
    request_seq: request.seq ?? 0,
    body,
  };
  return { kind: 'answer', replyType: 'debug_reply', content };
}
