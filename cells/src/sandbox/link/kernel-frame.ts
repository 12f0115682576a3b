/**
 * The outside of a `v1.kernel.websocket.jupyter.org` frame, checked before it goes to a sandbox: u64 count,
 * that many offsets from the frame's start, then channel, header, parent_header, metadata, content, buffers.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { readU64 } from './frames.ts';

export type InputChannel = 'shell' | 'control' | 'stdin';
const partsMax = 1024;

/** The channel of a well-formed frame from a client; throws `malformed_frame` otherwise. Parses no bodies. */
export function checkKernelFrame(frame: Uint8Array): InputChannel {
  const view = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.length < 8) throw refused('it is shorter than its count of parts');
  const count = readU64(view, 0);
  if (count < 6 || count > partsMax || view.length < 8 * (count + 1))
    throw refused('it has too few or too many parts');
  let last = readU64(view, 8);
  if (last !== 8 * (count + 1)) throw refused('its first part does not follow its offsets');
  const channelEnd = readU64(view, 16);
  for (let index = 2; index <= count; index++) {
    const offset = readU64(view, 8 * index);
    if (offset < last) throw refused('its offsets step back');
    last = offset;
  }
  if (last !== view.length) throw refused('its last offset is not its length');
  const channel = view.toString('latin1', 8 * (count + 1), channelEnd);
  if (channel === 'shell' || channel === 'control' || channel === 'stdin') return channel;
  throw refused('its channel is not shell, control or stdin');
}

function refused(problem: string): CellbookError {
  return new CellbookError('malformed_frame', {
    doing: 'passing a message to a kernel',
    problem,
    next: 'Send a complete v1.kernel.websocket.jupyter.org frame.',
  });
}
