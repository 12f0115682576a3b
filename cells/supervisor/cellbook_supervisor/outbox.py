"""Everything that leaves the sandbox goes through one queue with a bound.

A slow reader must not make the sandbox grow, and must not lose what a client waits for. Below the soft
limit everything is queued. Above it, output that a notebook can do without (streams, displays) is dropped
and counted by its kernel, and terminals are not read. What may not be dropped (replies, status, errors)
is always queued; a kernel that fills the hard limit with it is stopped until there is room, as a blocking
write would stop it.
"""

import os
from collections import deque

from . import frames, settings

_WRITE_BUFFERS = 64
_JOIN_BYTES = 16 * 1024
# what was ready together is written together, up to about what a pipe takes at once
_BATCH_BYTES = 64 * 1024


class Outbox:
    def __init__(self, loop, descriptor, on_closed):
        self._loop = loop
        self._descriptor = descriptor
        self._on_closed = on_closed
        self._queue = deque()
        self._waiting = False
        self._was_over = False
        self._room_listeners = []
        self._held = None
        self.bytes = 0
        self.seq = 0
        os.set_blocking(descriptor, False)
        loop.before_waiting(self._flush_unless_waiting)

    @property
    def over_soft(self):
        return self.bytes >= settings.OUTBOX_SOFT_BYTES

    @property
    def over_hard(self):
        return self.bytes >= settings.OUTBOX_HARD_BYTES

    def on_room(self, listener):
        """Called once each time the queue has drained from above the soft limit to OUTBOX_ROOM_BYTES."""
        self._room_listeners.append(listener)

    def hold(self):
        """What is sent from now on waits, without a number, for `release`: few things, since nobody is read."""
        self._held = []

    def release(self, say_first=lambda: None):
        held, self._held = self._held or (), None
        say_first()
        for frame in held:
            self.send(*frame)

    def send(self, kind, stream, parts, flags=0):
        """Queues one frame; `parts` are bytes that together are the payload."""
        length = sum(map(len, parts))
        if length > settings.FRAME_BYTES_MAX:
            raise ValueError("a frame of %d bytes is over the limit" % length)
        if self._held is not None:
            self._held.append((kind, stream, parts, flags))
            return
        self.seq += 1
        header = frames.HEADER.pack(length, kind, flags, 0, self.seq, stream)
        if length < _JOIN_BYTES:
            self._queue.append(header + b"".join(parts))
        else:
            self._queue.append(header)
            self._queue.extend(part for part in parts if len(part))
        self.bytes += frames.HEADER.size + length
        self._was_over = self._was_over or self.over_soft
        if self._waiting or self.bytes < _BATCH_BYTES:
            return
        self.flush()

    def _flush_unless_waiting(self):
        if self._queue and not self._waiting:
            self.flush()

    def flush(self):
        """Writes what the pipe takes now."""
        try:
            while self._queue:
                first = [self._queue[i] for i in range(min(_WRITE_BUFFERS, len(self._queue)))]
                self._consume(os.writev(self._descriptor, first))
            self._wait(False)
        except BlockingIOError:
            self._wait(True)
        except OSError:
            self._queue.clear()
            self._wait(False)
            self._on_closed()
        if self._was_over and self.bytes <= settings.OUTBOX_ROOM_BYTES:
            self._was_over = False
            for listener in self._room_listeners:
                listener()

    def _consume(self, written):
        self.bytes -= written
        while written:
            first = self._queue[0]
            if written < len(first):
                self._queue[0] = memoryview(first)[written:]
                return
            written -= len(first)
            self._queue.popleft()

    def _wait(self, waiting):
        if waiting != self._waiting:
            self._waiting = waiting
            self._loop.write(self._descriptor, self.flush if waiting else None)
