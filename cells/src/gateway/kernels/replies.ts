/** Answers that the cell gives in a kernel's place: busy, the reply, idle, as a kernel would. */
import type { KernelChannel } from '../channel/kernel-channel.ts';
import type { PendingRequest } from '../channel/request-routes.ts';

export interface Answer {
  replyType: string;
  content: Record<string, unknown>;
}

/** To the asker alone: nobody else is concerned by what a sleeping kernel is asked. */
export function answerRequest(channel: KernelChannel, request: PendingRequest, answer: Answer): void {
  const { headerBytes: parentHeader, sessionId } = request;
  const status = (state: string) =>
    channel.say(
      { channel: 'iopub', msgType: 'status', content: { execution_state: state }, parentHeader },
      sessionId,
    );
  status('busy');
  channel.say(
    { channel: request.channel, msgType: answer.replyType, content: answer.content, parentHeader },
    sessionId,
  );
  status('idle');
}

export interface Failure {
  name: string;
  text: string;
  /** It never ran: shown in no cell, its reply says aborted. */
  aborted?: boolean;
}

/** Ends a request that the kernel will not answer, so that no client waits for ever. */
export function failRequest(channel: KernelChannel, request: PendingRequest, failure: Failure): void {
  const { headerBytes: parentHeader, sessionId, msgType } = request;
  const error = {
    ename: failure.name,
    evalue: failure.text,
    traceback: [`${failure.name}: ${failure.text}`],
  };
  const isExecution = msgType === 'execute_request';
  if (isExecution && !failure.aborted)
    channel.say({ channel: 'iopub', msgType: 'error', content: error, parentHeader });
  if (msgType.endsWith('_request')) {
    const replyType = msgType.replace(/_request$/, '_reply');
    const status = failure.aborted ? 'aborted' : 'error';
    const content = { status, ...error, ...(isExecution ? { execution_count: 0 } : {}) };
    channel.say({ channel: request.channel, msgType: replyType, content, parentHeader }, sessionId);
  }
  channel.say({ channel: 'iopub', msgType: 'status', content: { execution_state: 'idle' }, parentHeader });
}
