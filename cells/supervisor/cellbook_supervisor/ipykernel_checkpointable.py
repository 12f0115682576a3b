"""Starts ipykernel as `python -m ipykernel_launcher` does, but so that the sandbox can be checkpointed.

For the output of forked children ipykernel listens on a TCP port of 127.0.0.1, and a polled TCP listener
cannot be saved with the sandbox. The same pipe over a socket file can, like the kernel's other sockets.
Run as a script by path: the kernel's Python need not know this package.
"""

import importlib.util
import os
import sys
import tempfile

# the script's own directory must not be searched for the user's imports; the working directory is
sys.path[0] = ""

import ipykernel.iostream as iostream  # noqa: E402
import zmq  # noqa: E402


class SocketFileIOPubThread(iostream.IOPubThread):
    def __init__(self, socket, pipe=False):
        super().__init__(socket, pipe=False)
        if pipe and hasattr(self, "_handle_pipe_msg") and hasattr(iostream, "ZMQStream"):
            self._listen()

    def _listen(self):
        directory = tempfile.mkdtemp(prefix="cellbook-forked-")
        self._address = "ipc://%s/output" % directory
        self._pipe_uuid = os.urandom(16)
        listener = self.socket.context.socket(zmq.PULL)
        listener.linger = 0
        listener.bind(self._address)
        self._pipe_in = iostream.ZMQStream(listener, self.io_loop)
        self._pipe_in.on_recv(self._handle_pipe_msg)
        self._pipe_flag = True

    def _setup_pipe_out(self):
        context = zmq.Context()
        out = context.socket(zmq.PUSH)
        out.linger = 3000
        out.connect(self._address)
        return context, out


iostream.IOPubThread = SocketFileIOPubThread

_hook = importlib.util.spec_from_file_location(
    "cellbook_kernel_hook", os.path.join(os.path.dirname(os.path.abspath(__file__)), "kernel_hook.py")
)
kernel_hook = importlib.util.module_from_spec(_hook)
sys.modules[_hook.name] = kernel_hook
_hook.loader.exec_module(kernel_hook)
kernel_hook.start()

from ipykernel import kernelapp  # noqa: E402

kernelapp.IOPubThread = SocketFileIOPubThread
kernelapp.launch_new_instance()
