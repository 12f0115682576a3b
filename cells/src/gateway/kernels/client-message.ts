import { type CellbookError, toCellbookError } from '@cellbook/shared/errors.ts';
import type { ClientSocket } from '../channel/client-socket.ts';
import { legacyToV1 } from '../frames/legacy-frame.ts';
import { type Header, readHeader } from '../frames/message.ts';
import { malformedFrame, readV1Frame, type V1Frame } from '../frames/v1-frame.ts';

export interface ClientMessage {
  frame: V1Frame;
  header: Header;
}

/** A client's message in the framing its socket agreed on, or what is wrong with it. */
export function readClientMessage(
  socket: Pick<ClientSocket, 'isLegacy'>,
  data: Buffer,
  isBinary: boolean,
): ClientMessage | { problem: CellbookError } {
  try {
    if (!socket.isLegacy && !isBinary) throw malformedFrame('it is text, and binary framing was agreed on');
    const frame = readV1Frame(socket.isLegacy ? legacyToV1(data, isBinary) : data);
    if (frame.channel === 'iopub') throw malformedFrame('iopub is the kernel’s to write to');
    return { frame, header: readHeader(frame) };
  } catch (thrown) {
    return { problem: toCellbookError(thrown, 'reading a kernel message') };
  }
}
