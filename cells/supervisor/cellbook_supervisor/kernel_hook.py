"""Runs inside each Python kernel: a thread that the supervisor reaches while the main thread is busy.

A process that is restored from an image is the same process each time, with the same state in every random
generator: two restores would draw the same numbers. So after a restore the supervisor hands fresh entropy to
this thread, which seeds what generators a process shares. Generators that code has made for itself
(`numpy.random.default_rng()`, `random.Random()`) go on where they were, like every other variable.

Loaded by path (ipykernel_checkpointable.py); it needs nothing but the standard library.
"""

import hashlib
import json
import os
import random
import runpy
import socket
import sys
import threading

_VARIABLE = "CELLBOOK_KERNEL_HOOK"
# ipykernel adds variables of its own later
_STARTED_WITH = dict(os.environ)


class _Listener:
    def __init__(self, path):
        self._path = path
        self._socket = None

    def start(self):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(self._path)
        self._say({"pid": os.getpid()})
        threading.Thread(target=self._listen, args=(self._socket,), name="cellbook", daemon=True).start()

    def start_in_child(self):
        """A forked child has no thread but its own; the parent's connection is not its to keep open."""
        try:
            self._socket.close()
            self.start()
        except OSError:
            pass

    def _say(self, value):
        self._socket.sendall(json.dumps(value).encode() + b"\n")

    def _listen(self, connection):
        try:
            with connection.makefile("rb") as lines:
                for line in lines:
                    told = json.loads(line)
                    _ACTIONS[told["do"]](self, told)
                    self._say({"done": told["do"]})
        except (OSError, ValueError):
            pass


def _renew(_listener, told):
    renew(bytes.fromhex(told["entropy"]))


def renew(entropy):
    def drawn(name):
        return hashlib.sha512(name.encode() + entropy).digest()

    random.seed(int.from_bytes(drawn("random"), "little"))
    for module, seed in _GENERATORS.items():
        if module in sys.modules:
            try:
                seed(sys.modules[module], drawn(module))
            except Exception:  # noqa: BLE001 a package half imported, or of another version, must not keep the others
                pass


def _words(seed):
    return [int.from_bytes(seed[at : at + 4], "little") for at in range(0, len(seed), 4)]


def _forget_names(tempfile, _seed):
    tempfile._name_sequence = None


# what a process has one of; `secrets`, `uuid` and os.urandom ask the kernel each time
_GENERATORS = {
    "numpy.random": lambda numpy_random, seed: numpy_random.seed(_words(seed)),
    "_ssl": lambda ssl, seed: ssl.RAND_add(seed, float(len(seed))),
    "torch": lambda torch, seed: torch.manual_seed(int.from_bytes(seed[:8], "little", signed=True)),
    "tempfile": _forget_names,
}

_ACTIONS = {"renew": _renew}


def claim(told):
    """In the main thread: a kernel that was nobody's is somebody's from now on (kernel_claim.py)."""
    beside = os.path.join(os.path.dirname(os.path.abspath(__file__)), "kernel_claim.py")
    return runpy.run_path(beside)["claim"](json.loads(told), _STARTED_WITH)


def start():
    path = os.environ.get(_VARIABLE)
    if not path:
        return
    listener = _Listener(path)
    try:
        listener.start()
    except OSError:
        return
    os.register_at_fork(after_in_child=listener.start_in_child)
