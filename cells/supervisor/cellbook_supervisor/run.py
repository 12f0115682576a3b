"""A command run to its end: input given, both outputs collected up to a limit, a time limit."""

import os

from . import processes, workspace
from .children import spawn
from .errors import Refused

_READ_BYTES = 64 * 1024


class Run:
    def __init__(self, supervisor, argv, directory, stdin, timeout_ms, output_bytes_max, on_done, on_failed):
        self._loop = supervisor.loop
        self._on_done = on_done
        self._on_failed = on_failed
        self._input = memoryview(stdin)
        self._left = output_bytes_max
        self._limit = output_bytes_max
        self._timeout_ms = timeout_ms
        self._refusal = None
        self._exit = None
        self._collected = {}
        self._open = set()
        self._start(supervisor, argv, directory)
        self._timer = self._loop.after(timeout_ms / 1000, self._timed_out)

    def _start(self, supervisor, argv, directory):
        in_read, in_write = os.pipe()
        out_read, out_write = os.pipe()
        err_read, err_write = os.pipe()
        try:
            where = workspace.working_directory(directory)
            self.pid = spawn(argv, where, workspace.base_environment(), in_read, out_write, err_write)
        except OSError as error:
            for descriptor in (in_write, out_read, err_read):
                os.close(descriptor)
            raise Refused("not_found", "the command did not start: %s" % error) from error
        finally:
            for descriptor in (in_read, out_write, err_write):
                os.close(descriptor)
        supervisor.children.adopt(self.pid, self._ended)
        self._in, self._out, self._err = in_write, out_read, err_read
        os.set_blocking(in_write, False)
        self._loop.write(in_write, self._feed)
        for descriptor in (out_read, err_read):
            os.set_blocking(descriptor, False)
            self._collected[descriptor] = []
            self._open.add(descriptor)
            self._loop.read(descriptor, lambda descriptor=descriptor: self._collect(descriptor))

    def _feed(self):
        try:
            while self._input:
                self._input = self._input[os.write(self._in, self._input[:_READ_BYTES]) :]
        except BlockingIOError:
            return
        except OSError:
            self._input = memoryview(b"")
        self._loop.write(self._in, None)
        os.close(self._in)
        self._in = None

    def _collect(self, descriptor):
        try:
            data = os.read(descriptor, _READ_BYTES)
        except BlockingIOError:
            return
        if not data:
            self._loop.read(descriptor, None)
            os.close(descriptor)
            self._open.discard(descriptor)
            self._finish()
            return
        self._left -= len(data)
        if self._left >= 0:
            self._collected[descriptor].append(data)
        elif self._refusal is None:
            self._refuse(Refused("too_large", "the command's output is over the limit of %d bytes" % self._limit))

    def _timed_out(self):
        if self._exit is None or self._open:
            self._refuse(Refused("command_timeout", "the command took longer than %d ms" % self._timeout_ms))

    def _refuse(self, refusal):
        self._refusal = refusal
        processes.kill_tree(self.pid)
        if self._exit is not None:
            for descriptor in list(self._open):
                self._loop.read(descriptor, None)
                os.close(descriptor)
            self._open.clear()
            self._finish()

    def _ended(self, exit_code, signal_number):
        self._exit = exit_code if exit_code is not None else 128 + signal_number
        processes.signal_group(self.pid, 9)
        self._finish()

    def _finish(self):
        if self._exit is None or self._open:
            return
        self._timer.cancel()
        if self._in is not None:
            self._loop.write(self._in, None)
            os.close(self._in)
            self._in = None
        if self._refusal is not None:
            self._on_failed(self._refusal)
            return
        self._on_done(self._exit, b"".join(self._collected[self._out]), b"".join(self._collected[self._err]))
