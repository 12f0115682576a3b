import { describe, expect, test } from 'vitest';
import { readHeader } from '../frames/message.ts';
import { readV1Frame } from '../frames/v1-frame.ts';
import { frameOf } from '../testing/messages.ts';
import { decideParked, isActivity } from './parked.ts';

const info = { protocol_version: '5.3', implementation: 'ipython' };

function decide(
  msgType: string,
  content: Record<string, unknown> = {},
  kernelInfo: typeof info | null = info,
) {
  const frame = readV1Frame(frameOf({ msgType, content }));
  return decideParked(frame, readHeader(frame), kernelInfo);
}

describe('a parked socket', () => {
  test('answers kernel_info from what was recorded, and wakes for it only when nothing was', () => {
    expect(decide('kernel_info_request')).toMatchObject({
      kind: 'answer',
      content: { status: 'ok', ...info },
    });
    expect(decide('kernel_info_request', {}, null)).toEqual({ kind: 'hold' });
  });

  test.each(['comm_info_request', 'history_request', 'interrupt_request'])(
    'answers %s without waking',
    (msgType) => {
      expect(decide(msgType)).toMatchObject({ kind: 'answer', content: { status: 'ok' } });
    },
  );

  test('answers the debugger’s question for its state and wakes for its commands', () => {
    expect(decide('debug_request', { command: 'debugInfo', seq: 4 })).toMatchObject({
      kind: 'answer',
      content: { success: true, request_seq: 4, body: { isStarted: false } },
    });
    expect(decide('debug_request', { command: 'initialize' })).toEqual({ kind: 'hold' });
    expect(decide('debug_request', [] as never)).toEqual({ kind: 'hold' });
  });

  test.each(['comm_msg', 'comm_close', 'input_reply'])('drops %s, whose other end is gone', (msgType) => {
    expect(decide(msgType).kind).toBe('drop');
  });

  test.each(['execute_request', 'complete_request', 'comm_open', 'something_new', 'constructor'])(
    'wakes for %s',
    (msgType) => {
      expect(decide(msgType)).toEqual({ kind: 'hold' });
    },
  );

  test('what a page says by itself is no activity, what a person does is', () => {
    expect(isActivity('kernel_info_request')).toBe(false);
    expect(isActivity('execute_request')).toBe(true);
  });
});
