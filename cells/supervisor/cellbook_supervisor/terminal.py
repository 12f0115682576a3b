"""A shell on a pty opened inside the sandbox, so that a memory snapshot keeps it whole."""

import fcntl
import os
import pty
import signal
import struct
import termios
from collections import deque

from . import frames, processes, workspace
from .errors import Refused

_READ_BYTES = 64 * 1024
_SHELLS = ("/bin/bash", "/bin/sh")


class Terminal:
    def __init__(self, supervisor, stream, name, columns, rows, directory):
        self._supervisor = supervisor
        self._loop = supervisor.loop
        self._pending = deque()
        self._close_waiters = []
        self.stream = stream
        self.name = name
        shell = next((path for path in _SHELLS if os.access(path, os.X_OK)), None)
        if shell is None:
            raise Refused("sandbox_unavailable", "the image has no shell")
        environment = {**workspace.base_environment(), **supervisor.secrets, "TERM": "xterm-256color", "SHELL": shell}
        working_directory = workspace.working_directory(directory)
        self.pid, self._descriptor = pty.fork()
        if self.pid == 0:
            try:
                # Before the shell first asks: one that starts without a size takes 80 columns.
                _set_size(0, columns, rows)
                os.chdir(working_directory)
                for number in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGINT):
                    signal.signal(number, signal.SIG_DFL)
                os.closerange(3, 4096)
                os.execve(shell, [shell, "-l"], environment)
            finally:
                os._exit(127)
        os.set_blocking(self._descriptor, False)
        os.set_inheritable(self._descriptor, False)
        supervisor.children.adopt(self.pid, self._ended)
        self.listen(True)

    def listen(self, on):
        """Not reading is the back-pressure: the pty fills and the writer inside waits."""
        if self._descriptor is not None:
            self._loop.read(self._descriptor, self._readable if on else None)

    def _readable(self):
        if self._supervisor.outbox.over_soft:
            self.listen(False)
            return
        data = self._read()
        if data:
            self._supervisor.outbox.send(frames.TERMINAL_OUTPUT, self.stream, [data])
        elif data is not None:
            self.listen(False)

    def _read(self):
        """Bytes, empty at the end, None when there is nothing now."""
        try:
            return os.read(self._descriptor, _READ_BYTES)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def write(self, data):
        if self._descriptor is None:
            self._supervisor.report_accepted(self.stream, len(data))
            return
        self._pending.append(data)
        if len(self._pending) == 1:
            self._flush()

    def _flush(self):
        try:
            while self._pending:
                data = self._pending[0]
                written = os.write(self._descriptor, data)
                self._supervisor.report_accepted(self.stream, written)
                if written < len(data):
                    self._pending[0] = data[written:]
                else:
                    self._pending.popleft()
            self._loop.write(self._descriptor, None)
        except BlockingIOError:
            self._loop.write(self._descriptor, self._flush)
        except OSError:
            self._pending.clear()
            self._loop.write(self._descriptor, None)

    def resize(self, columns, rows):
        if self._descriptor is None:
            return
        _set_size(self._descriptor, columns, rows)
        # Linux tells the foreground's processes itself; gVisor changes the size and tells nobody.
        processes.signal_tree(self.pid, signal.SIGWINCH)

    def close(self, on_closed):
        self._close_waiters.append(on_closed)
        processes.signal_group(self.pid, signal.SIGHUP)
        processes.kill_tree(self.pid)

    def _ended(self, _exit_code, _signal_number):
        processes.kill_tree(self.pid)
        while self._descriptor is not None:
            data = self._read()
            if not data:
                break
            self._supervisor.outbox.send(frames.TERMINAL_OUTPUT, self.stream, [data])
        self._loop.read(self._descriptor, None)
        self._loop.write(self._descriptor, None)
        os.close(self._descriptor)
        self._descriptor = None
        self._supervisor.terminal_ended(self)
        for on_closed in self._close_waiters:
            on_closed()


def _set_size(descriptor, columns, rows):
    size = struct.pack("HHHH", min(65535, max(1, rows)), min(65535, max(1, columns)), 0, 0)
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, size)
