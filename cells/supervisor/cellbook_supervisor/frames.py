"""The framing between a cell and the supervisor, in both directions.

Every frame is a 20-byte little-endian header and a payload:

    u32 payload length   at most FRAME_BYTES_MAX
    u8  type             1..127 must be known; 128..255 may be skipped by a receiver that does not know them
    u8  flags            bit 0: the payload of a RESPONSE is an error
    u16 zero
    u64 seq              counts the sender's frames from 1, without gaps
    u32 stream           the kernel, terminal or request the frame belongs to; 0 for none

A REQUEST and its RESPONSE carry an envelope: u32 length of a JSON text, the text, then raw bytes.
The same layout is written down for the other side in cells/src/sandbox/link/frames.ts.
"""

import json
import struct

from . import settings

HEADER = struct.Struct("<IBBHQI")

# cell to supervisor
REQUEST = 1
KERNEL_INPUT = 2
TERMINAL_INPUT = 3
QUIESCE = 4
RESUME = 5
RESTORED = 6
# supervisor to cell
HELLO = 16
RESPONSE = 17
KERNEL_OUTPUT = 18
KERNEL_STATE = 19
TERMINAL_OUTPUT = 20
TERMINAL_EXIT = 21
HEARTBEAT = 22
QUIESCED = 23
ACCEPTED = 24
PROTOCOL_ERROR = 25

FLAG_ERROR = 1
FIRST_SKIPPABLE = 128
KNOWN_FROM_CELL = frozenset((REQUEST, KERNEL_INPUT, TERMINAL_INPUT, QUIESCE, RESUME, RESTORED))

_U32 = struct.Struct("<I")


class MalformedFrame(Exception):
    """The peer broke the framing: there is no next frame boundary to find, so the link ends."""


def envelope(value, binary=b""):
    text = json.dumps(value, separators=(",", ":")).encode()
    return b"".join((_U32.pack(len(text)), text, binary))


def open_envelope(payload):
    """The JSON value and the raw bytes of an envelope."""
    if len(payload) < 4:
        raise MalformedFrame("an envelope is at least 4 bytes")
    (length,) = _U32.unpack_from(payload)
    if length > len(payload) - 4:
        raise MalformedFrame("an envelope's JSON is longer than its frame")
    try:
        return json.loads(bytes(payload[4 : 4 + length])), payload[4 + length :]
    except ValueError as error:
        raise MalformedFrame("an envelope's JSON does not parse") from error


class Decoder:
    """Turns bytes as they come into frames: (type, flags, seq, stream, payload)."""

    def __init__(self):
        self._buffer = bytearray()
        self._last_seq = 0

    def feed(self, data):
        self._buffer += data
        frames = []
        at = 0
        while True:
            frame_end = self._frame_end(at)
            if frame_end is None:
                break
            length, kind, flags, _, seq, stream = HEADER.unpack_from(self._buffer, at)
            if kind in KNOWN_FROM_CELL:
                frames.append((kind, flags, seq, stream, bytes(self._buffer[at + HEADER.size : frame_end])))
            elif kind < FIRST_SKIPPABLE:
                raise MalformedFrame("frame type %d is not known to this protocol" % kind)
            self._last_seq = seq
            at = frame_end
        if at:
            del self._buffer[:at]
        return frames

    def _frame_end(self, at):
        """Where the frame at `at` ends, or None while it is incomplete."""
        if len(self._buffer) - at < HEADER.size:
            return None
        length, _, _, zero, seq, _ = HEADER.unpack_from(self._buffer, at)
        if length > settings.FRAME_BYTES_MAX:
            raise MalformedFrame("a frame of %d bytes is over the limit of %d" % (length, settings.FRAME_BYTES_MAX))
        if zero != 0:
            raise MalformedFrame("the reserved bytes of a frame are not zero")
        if seq <= self._last_seq:
            raise MalformedFrame("frame %d came after frame %d" % (seq, self._last_seq))
        end = at + HEADER.size + length
        return end if end <= len(self._buffer) else None
