"""The forwarder's life: started where this sandbox has a way out, and again when it ends. It comes after the
first kernel, which somebody waits for, and stays through a checkpoint like any other process."""

import os
import signal
import sys

from . import settings
from .children import spawn

_PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "egress_forwarder.py")


class Egress:
    def __init__(self, loop, children):
        self._loop = loop
        self._children = children
        self._pid = None
        self._expected = False

    def ensure(self):
        """Starts it soon, if it should run and does not. What is to be may have changed with a restore."""
        if settings.EGRESS is None or self._pid is not None or self._expected:
            return
        self._expected = True
        self._loop.after(settings.EGRESS_START_S, self._start)

    def hold(self):
        """Restored, the host's sides of what was open read as ended well: it must not look before it is told."""
        self._signal(signal.SIGSTOP)

    def go_on(self):
        self._signal(signal.SIGCONT)

    def restored(self):
        """The host's sides of what was open are gone."""
        self._signal(signal.SIGUSR1)
        self._signal(signal.SIGCONT)
        self.ensure()

    def _signal(self, number):
        if self._pid is not None:
            os.kill(self._pid, number)

    def _start(self):
        self._expected = False
        if settings.EGRESS is None or self._pid is not None:
            return
        argv = [sys.executable, "-I", "-S", _PROGRAM, str(settings.EGRESS["port"]), settings.EGRESS["path"]]
        nothing = os.open(os.devnull, os.O_RDWR)
        try:
            self._pid = spawn(argv, "/", {}, nothing, nothing, nothing)
        except OSError:
            self.ensure()
            return
        finally:
            os.close(nothing)
        self._children.adopt(self._pid, self._ended)

    def _ended(self, *_):
        self._pid = None
        self.ensure()
