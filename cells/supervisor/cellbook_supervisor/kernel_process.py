"""One life of a kernel: its process, its connection file and the ZMQ sockets to it.

A restart makes a new one, with new socket files, so that nothing queued for the old process reaches the
new. Channels keep to Jupyter's rule that shell and stdin share one identity.
"""

import errno
import json
import os
import sys
from collections import deque

import zmq

from . import settings
from .children import spawn
from .errors import Refused

_PORTS = {"shell": 1, "iopub": 2, "stdin": 3, "control": 4, "hb": 5}
_RECONNECT_MS = 20
# anything else (no processes left, /tmp full) is no fault of the kernelspec
_NO_PROGRAM = (errno.ENOENT, errno.EACCES, errno.ENOEXEC, errno.ENOTDIR)
_SHIM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ipykernel_checkpointable.py")


def checkpointable(argv):
    """The kernelspec's command with `-m ipykernel_launcher` replaced by our way to start ipykernel."""
    for module in ("ipykernel_launcher", "ipykernel"):
        if "-m" in argv and module in argv and argv.index(module) == argv.index("-m") + 1:
            at = argv.index("-m")
            return [*argv[:at], _SHIM, *argv[at + 2 :]]
    return list(argv)


class KernelProcess:
    def __init__(self, context, loop, directory, name, spec, working_directory, environment, hook):
        self._loop = loop
        self._prefix = os.path.join(directory, name)
        self._pending = {}
        self._sockets = {}
        self._stderr = None
        self.stderr_tail = b""
        self._connect(context, name.encode())
        try:
            self.pid = self._start(spec, working_directory, {**environment, "CELLBOOK_KERNEL_HOOK": hook})
        except OSError as error:
            self.close()
            code = "unknown_kernelspec" if error.errno in _NO_PROGRAM else "sandbox_unavailable"
            raise Refused(code, "the kernel's program did not start: %s" % error) from error

    def _connect(self, context, identity):
        for channel, port in _PORTS.items():
            kind = zmq.SUB if channel == "iopub" else zmq.DEALER
            socket = context.socket(kind)
            socket.linger = 0
            socket.set(zmq.RECONNECT_IVL, _RECONNECT_MS)
            socket.rcvhwm = 0
            if kind == zmq.SUB:
                socket.subscribe(b"")
            else:
                socket.identity = identity
            socket.connect("ipc://%s-%d" % (self._prefix, port))
            self._sockets[channel.encode()] = socket

    def _start(self, spec, working_directory, environment):
        connection = {
            "transport": "ipc",
            "ip": self._prefix,
            "key": "",
            "signature_scheme": "hmac-sha256",
            "kernel_name": spec.get("name", ""),
            **{channel + "_port": port for channel, port in _PORTS.items()},
        }
        path = self._prefix + ".json"
        with open(path, "w", encoding="utf-8") as file:
            json.dump(connection, file)
        argv = [part.replace("{connection_file}", path) for part in spec["argv"]]
        if argv[0] in ("python", "python3", "python%d.%d" % sys.version_info[:2]):
            argv[0] = sys.executable
        nothing = os.open(os.devnull, os.O_RDWR)
        tail_in, tail_out = os.pipe()
        try:
            pid = spawn(checkpointable(argv), working_directory, environment, nothing, tail_out, tail_out)
        except OSError:
            os.close(tail_in)
            raise
        finally:
            os.close(nothing)
            os.close(tail_out)
        os.set_blocking(tail_in, False)
        self._stderr = tail_in
        self._loop.read(tail_in, self._read_stderr)
        return pid

    def _read_stderr(self):
        """What the process prints outside of Jupyter's protocol: kept to explain a death, never unbounded."""
        try:
            data = os.read(self._stderr, 65536)
        except BlockingIOError:
            return
        if data:
            self.stderr_tail = (self.stderr_tail + data)[-settings.STDERR_TAIL_BYTES:]
        else:
            self._close_stderr()

    def _close_stderr(self):
        if self._stderr is not None:
            self._loop.read(self._stderr, None)
            os.close(self._stderr)
            self._stderr = None

    def listen(self, channel, callback):
        """`callback(multipart)` for each message; None stops reading."""
        socket = self._sockets[channel]
        if callback is None:
            self._loop.read(socket, None)
            return

        def readable():
            try:
                for _ in range(64):
                    callback(socket.recv_multipart(zmq.NOBLOCK))
            except zmq.Again:
                pass

        self._loop.read(socket, readable)

    def send(self, channel, multipart, on_accepted=None):
        """Hands a message to ZMQ, or queues it until ZMQ takes it; `on_accepted` follows either way."""
        queue = self._pending.setdefault(channel, deque())
        queue.append((multipart, on_accepted))
        if len(queue) == 1:
            self._flush(channel)

    def _flush(self, channel):
        queue, socket = self._pending[channel], self._sockets[channel]
        try:
            while queue:
                multipart, on_accepted = queue[0]
                socket.send_multipart(multipart, zmq.NOBLOCK)
                queue.popleft()
                if on_accepted is not None:
                    on_accepted()
            self._loop.write(socket, None)
        except zmq.Again:
            self._loop.write(socket, lambda: self._flush(channel))

    def close(self):
        for socket in self._sockets.values():
            self._loop.read(socket, None)
            self._loop.write(socket, None)
            socket.close(linger=0)
        self._sockets = {}
        self._close_stderr()
        for queue in self._pending.values():
            for _, on_accepted in queue:
                if on_accepted is not None:
                    on_accepted()
            queue.clear()
        for suffix in (".json", *("-%d" % port for port in _PORTS.values())):
            try:
                os.unlink(self._prefix + suffix)
            except OSError:
                pass
