"""What each frame from the cell means, and what the cell is told unasked."""

import importlib.metadata
import json
import os
import signal
import sys
import tempfile
import time

import zmq

from . import BUILD, PROTO_MAX, PROTO_MIN, frames, kernelspecs, processes
from .children import Children
from .errors import Refused
from .kernel import Kernel
from .loop import Loop
from .memory import MemoryWatch
from .outbox import Outbox
from .run import Run
from .terminal import Terminal

_READ_BYTES = 256 * 1024
_ACK_BYTES = 256 * 1024
_HEARTBEAT_S = 5
_RUN_OUTPUT_BYTES_MAX = frames.FRAME_BYTES_MAX - 4096
_RESOURCE_BYTES_MAX = 4 * 1024 * 1024


class Supervisor:
    def __init__(self, settings, input_descriptor=0, output_descriptor=1):
        self._settings = settings
        self._input = input_descriptor
        self._decoder = frames.Decoder()
        self._kernels = {}
        self._terminals = {}
        self._runs = set()
        self._acked = {}
        self._quiet = False
        self.loop = Loop()
        self.outbox = Outbox(self.loop, output_descriptor, self._closed)
        self.context = zmq.Context()
        self.children = Children(self.loop)
        self.runtime_directory = tempfile.mkdtemp(prefix="cellbook-")
        self.outbox.on_room(self._room)
        self._watch = MemoryWatch(
            self.loop,
            settings.get("memoryBytesMax", 0),
            settings.get("memoryOfSandbox", False),
            os.getpid(),
            self._roots,
        )

    def run(self):
        for number in (signal.SIGPIPE, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        os.set_blocking(self._input, False)
        self.loop.read(self._input, self._readable)
        self.loop.every(_HEARTBEAT_S, self._heartbeat)
        self._hello()
        try:
            self.loop.run()
        finally:
            for owner in [*self._kernels.values(), *self._terminals.values(), *self._runs]:
                if owner.pid is not None:
                    processes.kill_tree(owner.pid)

    # --- in ---------------------------------------------------------------------------------------------

    def _readable(self):
        try:
            data = os.read(self._input, _READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._closed()
            return
        try:
            for kind, _, _, stream, payload in self._decoder.feed(data):
                self._frame(kind, stream, payload)
        except frames.MalformedFrame as error:
            self._protocol_error(str(error))

    def _protocol_error(self, problem):
        self.outbox.send(frames.PROTOCOL_ERROR, 0, [frames.envelope({"code": "malformed_frame", "problem": problem})])
        print("cellbook supervisor: %s" % problem, file=sys.stderr)
        self._closed()

    def _closed(self):
        self.loop.stop()

    def _frame(self, kind, stream, payload):
        if kind == frames.KERNEL_INPUT:
            kernel = self._kernels.get(stream)
            if kernel is not None:
                kernel.from_cell(payload)
        elif kind == frames.TERMINAL_INPUT:
            terminal = self._terminals.get(stream)
            if terminal is not None:
                terminal.write(payload)
        elif kind == frames.REQUEST:
            self._request(stream, payload)
        elif kind == frames.QUIESCE:
            self._quiesce(stream)
        elif kind == frames.RESUME:
            self._resume()

    def _request(self, request_id, payload):
        value, binary = frames.open_envelope(payload)

        def done(result, data=b""):
            self.outbox.send(frames.RESPONSE, request_id, [frames.envelope(result, data)])

        def failed(refusal):
            body = {"code": refusal.code, "problem": refusal.problem, "ids": refusal.ids}
            self.outbox.send(frames.RESPONSE, request_id, [frames.envelope(body)], frames.FLAG_ERROR)

        try:
            method = _METHODS.get(value["method"])
            if method is None:
                raise Refused("not_implemented", "this supervisor does not know %r" % value["method"])
            method(self, value.get("params", {}), bytes(binary), done, failed)
        except Refused as refusal:
            failed(refusal)
        except (KeyError, TypeError, ValueError) as error:
            failed(Refused("bad_request", "the request was not understood: %r" % error))
        except OSError as error:
            failed(Refused("sandbox_unavailable", "the sandbox refused: %s" % error))

    # --- requests ---------------------------------------------------------------------------------------

    def _list_kernelspecs(self, _params, _binary, done, _failed):
        found = kernelspecs.find()
        done({n: {k: e[k] for k in ("name", "spec", "resources")} for n, e in found.items()})

    def _read_resource(self, params, _binary, done, _failed):
        entry = self._kernelspec(params["kernelspec"])
        try:
            done({}, kernelspecs.read_resource(entry, params["file"], _RESOURCE_BYTES_MAX))
        except (KeyError, OSError) as error:
            raise Refused("not_found", "the kernelspec has no file of this name") from error

    def _kernelspec(self, name):
        entry = kernelspecs.find().get(name)
        if entry is None:
            raise Refused("unknown_kernelspec", "the image has no kernelspec named %s" % name, kernelspec=name)
        return entry

    def _start_kernel(self, params, _binary, done, failed):
        stream = int(params["stream"])
        if any(k.kernel_id == params["kernelId"] or k.stream == stream for k in self._kernels.values()):
            raise Refused("already_exists", "this kernel is already there", kernelId=params["kernelId"])
        entry = self._kernelspec(params["kernelspec"])
        kernel = Kernel(self, stream, params["kernelId"], entry, params["directory"], params["environment"])

        def not_started(refusal):
            self._kernels.pop(stream, None)
            failed(refusal)

        self._kernels[stream] = kernel
        try:
            kernel.start(done, not_started)
        except Refused:
            self._kernels.pop(stream, None)
            raise

    def _kernel(self, params):
        for kernel in self._kernels.values():
            if kernel.kernel_id == params["kernelId"]:
                return kernel
        raise Refused("not_found", "there is no such kernel in this sandbox", kernelId=params["kernelId"])

    def _interrupt_kernel(self, params, _binary, done, _failed):
        self._kernel(params).interrupt()
        done({})

    def _restart_kernel(self, params, _binary, done, failed):
        self._kernel(params).restart(done, failed)

    def _shutdown_kernel(self, params, _binary, done, _failed):
        kernel = self._kernel(params)

        def gone():
            self._kernels.pop(kernel.stream, None)
            self._acked.pop(kernel.stream, None)
            done({})

        kernel.stop(False, gone)

    def _open_terminal(self, params, _binary, done, _failed):
        stream = int(params["stream"])
        if stream in self._terminals:
            raise Refused("already_exists", "this terminal is already there")
        size = (int(params["columns"]), int(params["rows"]))
        self._terminals[stream] = Terminal(self, stream, params["name"], *size, params["directory"])
        done({})

    def _resize_terminal(self, params, _binary, done, _failed):
        terminal = self._terminals.get(int(params["stream"]))
        if terminal is not None:
            terminal.resize(min(65535, max(1, int(params["columns"]))), min(65535, max(1, int(params["rows"]))))
        done({})

    def _close_terminal(self, params, _binary, done, _failed):
        terminal = self._terminals.get(int(params["stream"]))
        if terminal is None:
            done({})
            return
        terminal.on_closed = lambda: done({})
        terminal.kill()

    def terminal_ended(self, terminal):
        self._terminals.pop(terminal.stream, None)
        self._acked.pop(terminal.stream, None)
        self.outbox.send(frames.TERMINAL_EXIT, terminal.stream, [frames.envelope({"name": terminal.name})])
        getattr(terminal, "on_closed", lambda: None)()

    def _run(self, params, binary, done, failed):
        def ended(exit_code, stdout, stderr):
            self._runs.discard(run)
            sizes = {"exitCode": exit_code, "stdoutBytes": len(stdout), "stderrBytes": len(stderr)}
            done(sizes, stdout + stderr)

        def refused(refusal):
            self._runs.discard(run)
            failed(refusal)

        limit = min(int(params["outputBytesMax"]), _RUN_OUTPUT_BYTES_MAX)
        argv = [str(part) for part in params["argv"]]
        if not argv:
            raise Refused("bad_request", "a command has at least one word")
        run = Run(self, argv, params["directory"], binary, int(params["timeoutMs"]), limit, ended, refused)
        self._runs.add(run)

    # --- what everything inside shares ------------------------------------------------------------------

    def base_environment(self):
        return {name: value for name, value in os.environ.items() if not name.startswith("CELLBOOK_SUPERVISOR")}

    def kernel_environment(self, kernel_id, spec, environment):
        extra = spec.get("env") if isinstance(spec.get("env"), dict) else {}
        return {
            **self.base_environment(),
            **{str(name): str(value) for name, value in extra.items()},
            **{str(name): str(value) for name, value in environment.items()},
            "CELLBOOK_KERNEL_ID": kernel_id,
        }

    def working_directory(self, relative):
        """The nearest existing directory of a path below the user's files."""
        home = os.path.realpath(os.path.expanduser("~"))
        path = os.path.normpath(os.path.join(home, relative.lstrip("/")))
        while path.startswith(home + "/") and not os.path.isdir(path):
            path = os.path.dirname(path)
        return path if path.startswith(home + "/") and os.path.isdir(path) else home

    def report_accepted(self, stream, size):
        """Tells the cell how much input of a stream has been taken, so that it knows what is on the way."""
        total, told = self._acked.get(stream, (0, 0))
        total += size
        if total - told >= _ACK_BYTES:
            self.outbox.send(frames.ACCEPTED, stream, [total.to_bytes(8, "little")])
            told = total
        self._acked[stream] = (total, told)

    # --- out --------------------------------------------------------------------------------------------

    def _hello(self):
        try:
            version = importlib.metadata.version("ipykernel")
        except importlib.metadata.PackageNotFoundError:
            version = None
        hello = {
            "protoMin": PROTO_MIN,
            "protoMax": PROTO_MAX,
            "build": BUILD,
            "lastSeq": self.outbox.seq,
            "python": sys.version.split()[0],
            "ipykernel": version,
        }
        self.outbox.send(frames.HELLO, 0, [frames.envelope(hello)])

    def _heartbeat(self):
        if self._quiet or self.outbox.over_soft:
            return
        found = processes.snapshot()
        kernels = [self._kernel_report(kernel, found) for kernel in self._kernels.values()]
        inside = found if self._settings.get("memoryOfSandbox") else processes.tree(found, os.getpid())
        report = {
            "memoryBytes": self._watch.used(found),
            "cpuMs": self.children.reaped_cpu_ms + sum(found[pid].cpu_ms for pid in inside),
            "processes": len(inside),
            "kernels": kernels,
        }
        self.outbox.send(frames.HEARTBEAT, 0, [frames.envelope(report)])

    @staticmethod
    def _kernel_report(kernel, found):
        return {
            "kernelId": kernel.kernel_id,
            "state": kernel.state,
            "memoryBytes": processes.resident_bytes(found, kernel.pid) if kernel.pid else 0,
            "lastActivityMs": int(kernel.last_activity * 1000),
            "responsive": kernel.is_responsive(),
        }

    def _roots(self):
        """What may be ended for want of memory: kernels by name, terminals and commands by their process."""
        limit = self._settings.get("memoryBytesMax", 0)
        for kernel in self._kernels.values():
            if kernel.pid is not None:
                yield kernel.pid, lambda resident, kernel=kernel: kernel.kill(
                    {"reason": "out_of_memory", "memoryBytesMax": limit, "residentBytes": resident}
                )
        for owner in [*self._terminals.values(), *self._runs]:
            yield owner.pid, lambda _, owner=owner: processes.kill_tree(owner.pid)

    def _room(self):
        for kernel in list(self._kernels.values()):
            kernel.output.room()
        for terminal in self._terminals.values():
            terminal.listen(True)

    def _quiesce(self, stream):
        """Stops at a frame boundary with nothing in flight: what comes after QUIESCED comes after RESUME."""
        self._quiet = True
        for kernel in self._kernels.values():
            kernel.listen_all(False)
        for terminal in self._terminals.values():
            terminal.listen(False)
        self.outbox.send(frames.QUIESCED, stream, [])

    def _resume(self):
        self._quiet = False
        self._hello()
        for kernel in self._kernels.values():
            kernel.listen_all(True)
        for terminal in self._terminals.values():
            terminal.listen(True)


_METHODS = {
    "listKernelspecs": Supervisor._list_kernelspecs,
    "readKernelspecResource": Supervisor._read_resource,
    "startKernel": Supervisor._start_kernel,
    "interruptKernel": Supervisor._interrupt_kernel,
    "restartKernel": Supervisor._restart_kernel,
    "shutdownKernel": Supervisor._shutdown_kernel,
    "openTerminal": Supervisor._open_terminal,
    "resizeTerminal": Supervisor._resize_terminal,
    "closeTerminal": Supervisor._close_terminal,
    "run": Supervisor._run,
}


def main():
    settings = json.loads(os.environ.pop("CELLBOOK_SUPERVISOR", "{}"))
    Supervisor(settings).run()
