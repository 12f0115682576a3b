"""Kernel messages in their two forms: ZMQ parts inside, `v1.kernel.websocket.jupyter.org` frames outside.

A frame is: u64 count, that many u64 offsets from the frame's start (the last is its length), then the
channel, header, parent_header, metadata, content and any buffers. All little-endian.
"""

import json
import struct

DELIMITER = b"<IDS|MSG>"
CHANNELS_IN = frozenset((b"shell", b"control", b"stdin"))
_PARTS_MAX = 1024
_tables = {}


class MalformedMessage(Exception):
    pass


def _table(count):
    if count not in _tables:
        _tables[count] = struct.Struct("<%dQ" % count)
    return _tables[count]


def parse_frame(frame):
    """(channel, [header, parent_header, metadata, content, *buffers]) of a frame from the cell."""
    if len(frame) < 8:
        raise MalformedMessage("shorter than its count")
    (count,) = _table(1).unpack_from(frame)
    if not 6 <= count <= _PARTS_MAX or len(frame) < 8 * (count + 1):
        raise MalformedMessage("%d offsets" % count)
    offsets = _table(count).unpack_from(frame, 8)
    if offsets[0] != 8 * (count + 1) or offsets[-1] != len(frame):
        raise MalformedMessage("offsets do not span the frame")
    if any(a > b for a, b in zip(offsets, offsets[1:])):
        raise MalformedMessage("offsets step back")
    parts = [frame[a:b] for a, b in zip(offsets, offsets[1:])]
    if parts[0] not in CHANNELS_IN:
        raise MalformedMessage("channel")
    return parts[0], parts[1:]


def frame_parts(channel, parts):
    """The frame as a list of byte strings to be written one after the other."""
    count = len(parts) + 2
    offsets = [8 * (count + 1)]
    offsets.append(offsets[0] + len(channel))
    for part in parts:
        offsets.append(offsets[-1] + len(part))
    return [_table(count + 1).pack(count, *offsets), channel, *parts]


def from_kernel(multipart):
    """The parts after the routing ids and the signature, or None for something that is no message."""
    try:
        at = multipart.index(DELIMITER)
    except ValueError:
        return None
    parts = multipart[at + 2 :]
    return parts if len(parts) >= 4 else None


def read_object(data):
    """The JSON object that a kernel (or code that runs in one) wrote; empty when it is none."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def to_kernel(parts):
    """Kernels run with an empty key (their sockets lie in a private directory), so nothing is signed."""
    return [DELIMITER, b"", *parts]


def build(msg_type, msg_id, session, content, parent=b"{}"):
    header = {
        "msg_id": msg_id,
        "msg_type": msg_type,
        "session": session,
        "username": "cellbook",
        "date": "1970-01-01T00:00:00Z",
        "version": "5.3",
    }
    return [json.dumps(header).encode(), parent, b"{}", json.dumps(content).encode()]
