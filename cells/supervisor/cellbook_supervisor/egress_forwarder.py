"""A program of its own, so that downloads never hold up a kernel's messages: joins each connection to a port of
this sandbox's loopback with the socket of its proxy, and understands nothing of what goes by.

    pip ── 127.0.0.1:PORT ──▶ here ──▶ PATH (a socket of the host)

Half a connection that ends ends the other side's half alone; one that breaks is reset. After a restore the
host's sides are gone, and read as if they had ended well, or as nothing at all: SIGUSR1 resets all that was open.
It is sent to a forwarder that is stopped from before the checkpoint on, so that it comes before that end is read.

    python3 -I -S egress_forwarder.py PORT PATH
"""

import selectors
import signal
import socket
import struct
import sys

_CHUNK_BYTES = 64 * 1024
_CONNECTIONS_MAX = 256
_BACKLOG = 64


class _Way:
    """One direction: what was read and not yet written, at most a chunk."""

    def __init__(self, source, sink, is_severed):
        self.source = source
        self.sink = sink
        self._is_severed = is_severed
        self.pending = b""
        self.ended = False

    def read(self):
        try:
            data = self.source.recv(_CHUNK_BYTES)
        except BlockingIOError:
            return
        if data:
            self.pending = memoryview(data)
            self.write()
        elif self._is_severed():
            raise ConnectionResetError
        else:
            self.ended = True
            self.sink.shutdown(socket.SHUT_WR)

    def write(self):
        try:
            self.pending = self.pending[self.sink.send(self.pending) :]
        except BlockingIOError:
            pass

    @property
    def wants_data(self):
        return not self.ended and not self.pending


class _Pair:
    def __init__(self, selector, client, proxy, is_severed, on_closed):
        self._selector = selector
        self._on_closed = on_closed
        self._sides = (client, proxy)
        self._ways = {client: _Way(client, proxy, is_severed), proxy: _Way(proxy, client, is_severed)}
        self._events = {}
        for side in self._sides:
            side.setblocking(False)
        self._listen()

    def ready(self, side, events):
        try:
            if events & selectors.EVENT_WRITE:
                self._other(side).write()
            if events & selectors.EVENT_READ and self._ways[side].wants_data:
                self._ways[side].read()
        except OSError:
            self.close(True)
            return
        if all(way.ended and not way.pending for way in self._ways.values()):
            self.close(False)
        else:
            self._listen()

    def _other(self, side):
        """The way that leads to this side."""
        return next(way for way in self._ways.values() if way.sink is side)

    def _listen(self):
        for side in self._sides:
            events = selectors.EVENT_READ if self._ways[side].wants_data else 0
            if self._other(side).pending:
                events |= selectors.EVENT_WRITE
            before = self._events.get(side, 0)
            if events == before:
                continue
            self._events[side] = events
            if events == 0:
                self._selector.unregister(side)
            elif before == 0:
                self._selector.register(side, events, lambda found, side=side: self.ready(side, found))
            else:
                self._selector.modify(side, events, lambda found, side=side: self.ready(side, found))

    def close(self, broken):
        for side in self._sides:
            if self._events.get(side):
                self._selector.unregister(side)
        if broken:
            self._sides[0].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        for side in self._sides:
            side.close()
        self._on_closed(self)


class Forwarder:
    def __init__(self, port, path):
        self._path = path
        self._pairs = set()
        self._selector = selectors.DefaultSelector()
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", port))
        self._listener.listen(_BACKLOG)
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._woken, wake = socket.socketpair()
        for end in (self._woken, wake):
            end.setblocking(False)
        self._wake = wake
        signal.set_wakeup_fd(wake.fileno())
        signal.signal(signal.SIGUSR1, self._asked)
        self._to_reset = False
        self._selector.register(self._woken, selectors.EVENT_READ, lambda _: self._woken.recv(4096))

    def run(self):
        while True:
            for key, events in self._selector.select():
                if self._to_reset:
                    self._reset()
                # One that was handled just now may have ended the other of its pair.
                if key.fileobj.fileno() >= 0:
                    key.data(events)

    def _accept(self, _):
        try:
            client, _ = self._listener.accept()
        except OSError:
            return
        proxy = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            if len(self._pairs) >= _CONNECTIONS_MAX:
                raise BlockingIOError
            proxy.connect(self._path)
        except OSError:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
            proxy.close()
            return
        self._pairs.add(_Pair(self._selector, client, proxy, lambda: self._to_reset, self._pairs.discard))

    def _asked(self, *_):
        self._to_reset = True

    def _reset(self):
        self._to_reset = False
        for pair in list(self._pairs):
            pair.close(True)


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    Forwarder(int(sys.argv[1]), sys.argv[2]).run()
