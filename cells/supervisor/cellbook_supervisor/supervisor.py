"""What each frame from the cell means, and what the cell is told unasked.

    booting --HELLO--> open --QUIESCE--> quiet (QUIESCED was the last frame) --RESUME, RESTORED--> HELLO, open
    any --end of input, or input that breaks the framing--> everything inside is ended
"""

import importlib.metadata
import os
import random
import signal
import sys
import tempfile

import zmq

from . import BUILD, PROTO_MAX, PROTO_MIN, frames, processes, requests, settings, workspace
from .children import Children
from .egress import Egress
from .hooks import Hooks
from .loop import Loop
from .memory import MemoryWatch
from .outbox import Outbox
from .spare import Spare

_READ_BYTES = 256 * 1024


class Supervisor:
    def __init__(self, input_descriptor=0, output_descriptor=1):
        self._input = input_descriptor
        self._decoder = frames.Decoder()
        self._accepted = {}
        self._received = {}
        self._quiet = False
        self.kernels = {}
        self.terminals = {}
        self.runs = set()
        self.spare = None
        self.secrets = {}
        self.loop = Loop()
        self.outbox = Outbox(self.loop, output_descriptor, self.loop.stop)
        self.context = zmq.Context()
        self.children = Children(self.loop)
        self.egress = Egress(self.loop, self.children)
        self.runtime_directory = tempfile.mkdtemp(prefix="cellbook-")
        self.hooks = Hooks(self.loop, self.runtime_directory)
        self.outbox.on_room(self._room)
        self._watch = MemoryWatch(self.loop, self._roots)

    def run(self):
        for number in (signal.SIGPIPE, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        os.set_blocking(self._input, False)
        self.loop.read(self._input, self._readable)
        self.loop.every(settings.HEARTBEAT_S, self._heartbeat)
        self._hello()
        self.outbox.flush()
        self.egress.ensure()
        try:
            self.loop.run()
        finally:
            self.outbox.flush()
            spare = [self.spare] if self.spare is not None else []
            for owner in [*self.kernels.values(), *self.terminals.values(), *self.runs, *spare]:
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
            self.loop.stop()
            return
        try:
            for kind, _, _, stream, payload in self._decoder.feed(data):
                self._frame(kind, stream, payload)
        except frames.MalformedFrame as error:
            self._give_up(str(error))

    def _give_up(self, problem):
        body = {"code": "malformed_frame", "problem": problem}
        self.outbox.send(frames.PROTOCOL_ERROR, 0, [frames.envelope(body)])
        print("cellbook supervisor: %s" % problem, file=sys.stderr)
        self.loop.stop()

    def _frame(self, kind, stream, payload):
        if kind == frames.KERNEL_INPUT:
            if stream in self.kernels:
                self._count_received(stream, payload)
                self.kernels[stream].from_cell(payload)
        elif kind == frames.TERMINAL_INPUT:
            if stream in self.terminals:
                self._count_received(stream, payload)
                self.terminals[stream].write(payload)
        elif kind == frames.REQUEST:
            requests.answer(self, stream, payload)
        elif kind == frames.QUIESCE:
            self._quiesce(stream)
        elif kind == frames.RESUME:
            self._wake({})
        elif kind == frames.RESTORED:
            self._restored(payload)

    def _count_received(self, stream, payload):
        self._received[stream] = self._received.get(stream, 0) + len(payload)

    def survey(self):
        """What runs, and the input counted of each stream: for a controller that takes this sandbox over."""

        def counts(stream):
            accepted, _ = self._accepted.get(stream, (0, 0))
            return {"stream": stream, "receivedBytes": self._received.get(stream, 0), "acceptedBytes": accepted}

        return {
            "kernels": [
                {"kernelId": kernel.kernel_id, "state": kernel.state, **counts(stream)}
                for stream, kernel in self.kernels.items()
            ],
            "terminals": [
                {"name": terminal.name, **counts(stream)} for stream, terminal in self.terminals.items()
            ],
        }

    def report_accepted(self, stream, size):
        """Tells the cell how much input of a stream has been taken, so that it knows what is on the way."""
        total, told = self._accepted.get(stream, (0, 0))
        total += size
        if total - told >= settings.ACCEPTED_REPORT_BYTES:
            self.outbox.send(frames.ACCEPTED, stream, [total.to_bytes(8, "little")])
            told = total
        self._accepted[stream] = (total, told)

    def set_aside(self, kernel):
        self.forget_kernel(kernel.stream)
        self.spare = Spare(kernel)

    def take_spare(self):
        spare, self.spare = self.spare, None
        return spare

    def forget_kernel(self, stream):
        self.kernels.pop(stream, None)
        self._accepted.pop(stream, None)
        self._received.pop(stream, None)

    def terminal_ended(self, terminal):
        self.terminals.pop(terminal.stream, None)
        self._accepted.pop(terminal.stream, None)
        self._received.pop(terminal.stream, None)
        self.outbox.send(frames.TERMINAL_EXIT, terminal.stream, [frames.envelope({"name": terminal.name})])

    # --- out --------------------------------------------------------------------------------------------

    def _hello(self, told=None):
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
            **(told or {}),
        }
        self.outbox.send(frames.HELLO, 0, [frames.envelope(hello)])

    def _heartbeat(self):
        if self._quiet or self.outbox.over_soft:
            return
        found = processes.snapshot()
        inside = found if settings.MEMORY_OF_SANDBOX else processes.tree(found, os.getpid())
        report = {
            "memoryBytes": self._watch.used(found),
            "cpuMs": self.children.reaped_cpu_ms + sum(found[pid].cpu_ms for pid in inside),
            "processes": len(inside),
            "kernels": [kernel.report(found) for kernel in self.kernels.values()],
        }
        self.outbox.send(frames.HEARTBEAT, 0, [frames.envelope(report)])

    def _roots(self):
        """What may be ended for want of memory: kernels by name, terminals and commands by their process."""
        for kernel in self.kernels.values():
            if kernel.pid is not None:
                yield kernel.pid, kernel.kill_for_memory
        spare = [self.spare] if self.spare is not None and self.spare.pid is not None else []
        for owner in [*self.terminals.values(), *self.runs, *spare]:
            yield owner.pid, lambda _, owner=owner: processes.kill_tree(owner.pid)

    def _room(self):
        if self._quiet:
            return
        for kernel in self.kernels.values():
            kernel.output.room()
        for terminal in self.terminals.values():
            terminal.listen(True)

    def _listen_all(self, on):
        for owner in [*self.kernels.values(), *self.terminals.values()]:
            owner.listen(on)

    def _quiesce(self, stream):
        """Stops at a frame boundary with nothing in flight: what comes after QUIESCED comes after the next HELLO.
        No deadline passes meanwhile: it may be days, and none of it was the kernels' time."""
        self._quiet = True
        self.loop.hold_timers()
        self._listen_all(False)
        self.egress.hold()
        self.outbox.release()
        self.outbox.send(frames.QUIESCED, stream, [])
        self.outbox.hold()

    def _wake(self, told):
        self._quiet = False
        self.loop.release_timers()
        self.egress.go_on()
        for kernel in self.kernels.values():
            kernel.woken()
        self.outbox.release(lambda: self._hello(told))
        self._listen_all(True)
        if not self.outbox.over_soft:
            self._room()

    def _restored(self, payload):
        """This process comes from an image, which may be restored many times: nothing may be drawn twice, and
        what the sandbox is told of itself is told anew. Secrets are given again by who may."""
        told, entropy = frames.open_envelope(payload)
        settings.load(told["settings"])
        workspace.replace_environment(told["environment"])
        # the files may lie in another directory of the host than those the image was made over
        os.chdir(workspace.working_directory(""))
        self.secrets = {}
        random.seed(bytes(entropy))
        self.loop.release_timers()
        self.egress.restored()

        def renewed(count, pending):
            self._wake({"renewed": count, "pending": pending})

        busy = {kernel.pid for kernel in self.kernels.values() if kernel.state == "busy"}
        self.hooks.renew(bytes(entropy), busy, renewed)


def main():
    Supervisor().run()
