"""The way to each Python kernel that does not lead through its main thread, which may be busy for hours.

    kernel ── connects to the socket file, {"pid"} ──▶ supervisor
           ◀── {"do": "renew", "entropy"} ──
           ── {"done": "renew"} ──▶

JSON, one line each. In the kernel a thread listens (kernel_hook.py); forked children connect on their own.
Nobody is waited for beyond a bound: C code that keeps Python's lock holds the thread up as well. A kernel
that is busy may run such code, and what it draws meanwhile was to be drawn anyway: it has a shorter bound.
"""

import hashlib
import json
import os
import socket

from . import settings

_LINE_BYTES_MAX = 64 * 1024


class Hooks:
    def __init__(self, loop, directory):
        self._loop = loop
        self._connections = {}
        self._round = None
        self.path = os.path.join(directory, "hook")
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(self.path)
        self._listener.listen(64)
        self._listener.setblocking(False)
        loop.read(self._listener.fileno(), self._accept)

    def renew(self, entropy, busy, on_done):
        """Hands each process randomness of its own, and waits for all but those of the pids `busy`, which have a
        tenth of the time. `on_done(renewed, pending)` follows within the bound."""
        messages = {}
        for number, connection in enumerate(self._connections.values()):
            own = hashlib.sha512(b"%d/" % number + entropy).hexdigest()
            messages[connection] = {"do": "renew", "entropy": own}
        needed = {connection for connection in messages if connection.pid not in busy}
        self._tell(messages, needed, settings.ENTROPY_S, on_done)

    def _tell(self, messages, needed, bound_s, on_done):
        if self._round is not None:
            self._round.end()
        self._round = _Round(self._loop, set(messages), needed, bound_s, on_done)
        for connection, message in messages.items():
            connection.send(message)
        self._round.check()

    def _accept(self):
        try:
            peer, _ = self._listener.accept()
        except OSError:
            return
        if len(self._connections) >= settings.HOOKS_MAX:
            peer.close()
            return
        self._connections[peer.fileno()] = _Connection(self._loop, peer, self._answered, self._gone)

    def _answered(self, connection):
        if self._round is not None:
            self._round.answered(connection)

    def _gone(self, connection, descriptor):
        self._connections.pop(descriptor, None)
        if self._round is not None:
            self._round.gone(connection)


class _Round:
    """One question to several, and who has not answered it yet."""

    def __init__(self, loop, waiting, needed, bound_s, on_done):
        self._waiting = waiting
        self._needed = needed
        self._answers = 0
        self._on_done = on_done
        self._is_short_over = False
        self._timers = [loop.after(bound_s, self.end), loop.after(bound_s / 10, self._short_over)]

    def answered(self, connection):
        if connection in self._waiting:
            self._answers += 1
            self.gone(connection)

    def gone(self, connection):
        self._waiting.discard(connection)
        self.check()

    def _short_over(self):
        self._is_short_over = True
        self.check()

    def check(self):
        if not self._waiting or (self._is_short_over and not self._waiting & self._needed):
            self.end()

    def end(self):
        on_done, self._on_done = self._on_done, None
        for timer in self._timers:
            timer.cancel()
        if on_done is not None:
            on_done(self._answers, len(self._waiting))


class _Connection:
    def __init__(self, loop, peer, on_answer, on_gone):
        self._loop = loop
        self._peer = peer
        self._on_answer = on_answer
        self._on_gone = on_gone
        self._buffer = b""
        self.pid = None
        peer.setblocking(False)
        loop.read(peer.fileno(), self._readable)

    def send(self, message):
        """A few hundred bytes to a reader that does nothing else: what does not fit at once is not waited for."""
        try:
            self._peer.send(json.dumps(message).encode() + b"\n")
        except OSError:
            self._close()

    def _readable(self):
        try:
            data = self._peer.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self._buffer += data
        *lines, self._buffer = self._buffer.split(b"\n")
        if not data or len(self._buffer) > _LINE_BYTES_MAX or not all(map(self._line, lines)):
            self._close()

    def _line(self, line):
        try:
            value = json.loads(line)
        except ValueError:
            return False
        if not isinstance(value, dict):
            return False
        if "pid" in value:
            self.pid = value["pid"]
        elif "done" in value:
            self._on_answer(self)
        return True

    def _close(self):
        descriptor = self._peer.fileno()
        if descriptor < 0:
            return
        self._loop.read(descriptor, None)
        self._peer.close()
        self._on_gone(self, descriptor)
