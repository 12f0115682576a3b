"""A kernel as the cell knows it: one id through any number of processes.

    starting --kernel_info answered and iopub heard--> idle <--status--> busy
    any --restart--> restarting --> (as starting) ; any --process ended--> dead --restart--> restarting

Messages whose id begins with INTERNAL are the supervisor's own questions; what answers them stays inside.
"""

import itertools
import signal
import time

from . import frames, kernel_message, processes, settings, workspace
from .errors import Refused
from .kernel_output import INTERNAL, KernelOutput
from .kernel_process import KernelProcess

_INTERNAL_BYTES = INTERNAL.encode()
_CHANNELS = (b"shell", b"control", b"stdin", b"iopub")
_NUDGE_S = 0.25
_PING_S = 5


class Kernel:
    def __init__(self, supervisor, stream, kernel_id, entry, directory, environment):
        self.supervisor = supervisor
        self._loop = supervisor.loop
        self.entry = entry
        self._directory = directory
        self._environment = environment
        self._generation = 0
        self._ids = itertools.count()
        self._process = None
        self._ready_waiters = []
        self._exit_waiters = []
        self._timers = {}
        self._kill_reason = None
        self._info = None
        self._unseen = {}
        self._heard_iopub = False
        self._last_pong = None
        self._closing = False
        self.stream = stream
        self.kernel_id = kernel_id
        self.state = "dead"
        self.last_activity = time.time()
        self.output = KernelOutput(supervisor.outbox, stream, self.listen)

    @property
    def pid(self):
        return self._process.pid if self._process else None

    @property
    def info(self):
        return self._info

    # --- life -------------------------------------------------------------------------------------------

    def start(self, on_ready, on_failed, state="starting"):
        """Starts a process; one of the two callbacks is called once. Refused when none can be started."""
        self._generation += 1
        self._kill_reason = self._info = self._last_pong = None
        self._heard_iopub = False
        environment = workspace.kernel_environment(
            self.kernel_id, self.entry["spec"], self.supervisor.secrets, self._environment
        )
        workspace.make_place_for_packages(environment)
        self._process = KernelProcess(
            self.supervisor.context,
            self._loop,
            self.supervisor.runtime_directory,
            "%d-%d" % (self.stream, self._generation),
            {**self.entry["spec"], "name": self.entry["name"]},
            workspace.working_directory(self._directory),
            environment,
            self.supervisor.hooks.path,
        )
        self._ready_waiters.append((on_ready, on_failed))
        self.supervisor.children.adopt(self._process.pid, self._ended)
        self.listen(True)
        self._process.listen(b"hb", self._pong)
        self._set_state(state)
        self._nudge()
        self._timer("start", settings.KERNEL_START_S, self._give_up_starting)
        self._timer("ping", _PING_S, self._ping)

    def _timer(self, name, delay_s, callback):
        self._timers[name] = self._loop.after(delay_s, callback)

    def _nudge(self):
        """Asks until both the shell answers and iopub is heard: a subscription may come late."""
        if self._info is None or not self._heard_iopub:
            self._ask(b"shell", "kernel_info_request", {})
            self._timer("nudge", _NUDGE_S, self._nudge)

    def _ask(self, channel, msg_type, content):
        parts = kernel_message.build(msg_type, INTERNAL + str(next(self._ids)), "cellbook", content)
        self._process.send(channel, kernel_message.to_kernel(parts))

    def _check_ready(self):
        # a kernel that is being stopped may still answer an earlier question
        if self._info is None or not self._heard_iopub or self._exit_waiters or not self._ready_waiters:
            return
        self._set_state("idle")
        waiters, self._ready_waiters = self._ready_waiters, []
        for on_ready, _ in waiters:
            on_ready(self._info)

    def _give_up_starting(self):
        if self.state in ("starting", "restarting"):
            self.kill()

    def _ended(self, exit_code, signal_number):
        """The process is gone, for whatever reason: nothing of it stays, everyone who waited is told."""
        processes.kill_tree(self._process.pid)
        said = self._process.stderr_tail.decode("utf-8", "replace").strip()[-2000:]
        for timer in self._timers.values():
            timer.cancel()
        self._timers = {}
        self._process.close()
        self._process = None
        self.output.process_ended()
        if not (self.state == "restarting" and self._exit_waiters):
            died = {"reason": "exited", "exitCode": exit_code, "signal": signal_number}
            self._set_state("dead", self._kill_reason or died)
        self._settle(said or "it said nothing")

    def _settle(self, said):
        waiters, self._ready_waiters = self._ready_waiters, []
        for _, on_failed in waiters:
            on_failed(Refused("sandbox_unavailable", "the kernel ended while starting: %s" % said))
        exits, self._exit_waiters = self._exit_waiters, []
        for on_exit in exits:
            on_exit()

    def kill(self, reason=None):
        if self._process is not None:
            self._kill_reason = reason
            processes.kill_tree(self._process.pid)

    def kill_for_memory(self, resident_bytes):
        limit = settings.MEMORY_BYTES_MAX
        self.kill({"reason": "out_of_memory", "memoryBytesMax": limit, "residentBytes": resident_bytes})

    def interrupt(self):
        if self._process is None:
            raise Refused("conflict", "the kernel is not running; restart it first", kernelId=self.kernel_id)
        if self.entry["spec"].get("interrupt_mode") == "message":
            self._ask(b"control", "interrupt_request", {})
        else:
            processes.signal_group(self._process.pid, signal.SIGINT)

    def stop(self, restart, on_exit):
        """Asks the kernel to end, then makes it; `on_exit` follows when nothing of it runs."""
        self._closing = self._closing or not restart
        if self._process is None:
            on_exit()
            return
        self._exit_waiters.append(on_exit)
        self._info = None
        self._kill_reason = {"reason": "shutdown"}
        pid = self._process.pid
        self._ask(b"control", "shutdown_request", {"restart": restart})
        if self.state == "busy":
            processes.signal_group(pid, signal.SIGINT)
        self._timer("terminate", settings.KERNEL_TERMINATE_S, lambda: processes.signal_group(pid, signal.SIGTERM))
        self._timer("kill", settings.KERNEL_KILL_S, lambda: processes.kill_tree(pid))

    def restart(self, on_ready, on_failed):
        def stopped():
            if self._closing:
                on_failed(Refused("gone", "the kernel was shut down", kernelId=self.kernel_id))
                return
            try:
                self.start(on_ready, on_failed, state="restarting")
            except Refused as error:
                self._set_state("dead", {"reason": "exited", "exitCode": None, "signal": None})
                on_failed(error)

        if self.state == "restarting":
            self._ready_waiters.append((on_ready, on_failed))
            return
        busy = self.state == "busy"
        if self._process is not None:
            self._set_state("restarting")
        self.stop(True, stopped)
        if busy:
            processes.signal_group(self.pid, signal.SIGINT)

    def _set_state(self, state, exit_reason=None):
        if state == self.state:
            return
        self.state = state
        report = {"kernelId": self.kernel_id, "state": state}
        if exit_reason is not None:
            report["exit"] = exit_reason
        self.supervisor.outbox.send(frames.KERNEL_STATE, self.stream, [frames.envelope(report)])

    # --- one that is nobody's (spare.py) ----------------------------------------------------------------

    def execute_unseen(self, content, on_reply):
        """Executes in the idle kernel what no client sees or counts; `on_reply(content)`."""
        message_id = INTERNAL + "x%d" % next(self._ids)
        self._unseen[message_id] = on_reply
        content = {"code": "", "silent": True, "store_history": False, "allow_stdin": False, **content}
        parts = kernel_message.build("execute_request", message_id, "cellbook", content)
        self._process.send(b"shell", kernel_message.to_kernel(parts))

    def become(self, directory, environment):
        """From now on this is somebody's kernel, as if it had been started so."""
        self.output.stream = self.stream
        self.woken()
        self._directory, self._environment = directory, environment
        self.last_activity = time.time()
        self.state = "starting"
        self._set_state("idle")

    # --- messages ---------------------------------------------------------------------------------------

    def from_cell(self, frame):
        size = len(frame)

        def accepted():
            self.supervisor.report_accepted(self.stream, size)

        try:
            channel, parts = kernel_message.parse_frame(frame)
        except kernel_message.MalformedMessage:
            channel = None
        if channel is None or self._process is None:
            accepted()
            return
        self.last_activity = time.time()
        self._process.send(channel, kernel_message.to_kernel(parts), accepted)

    def listen(self, on):
        if self._process is None:
            return
        for channel in _CHANNELS:
            callback = (lambda multipart, channel=channel: self._from_kernel(channel, multipart)) if on else None
            self._process.listen(channel, callback)

    def _from_kernel(self, channel, multipart):
        parts = kernel_message.from_kernel(multipart)
        if parts is None:
            return
        header, parent = parts[0], parts[1]
        internal = _INTERNAL_BYTES in parent and _is_internal(parent)
        if channel == b"iopub":
            self._heard_iopub = True
        if internal:
            if channel == b"shell" and b'"kernel_info_reply"' in header:
                self._info = kernel_message.read_object(parts[3])
            elif channel == b"shell" and self._unseen:
                on_reply = self._unseen.pop(kernel_message.read_object(parent).get("msg_id"), None)
                if on_reply is not None:
                    on_reply(kernel_message.read_object(parts[3]))
            self._check_ready()
            return
        if channel == b"iopub" and b'"status"' in header:
            self._status(parts[3])
        self.last_activity = time.time()
        self.output.forward(channel, parts, self.pid)

    def _status(self, content):
        state = kernel_message.read_object(content).get("execution_state")
        if state in ("idle", "busy") and self.state in ("idle", "busy"):
            self._set_state(state)

    def woken(self):
        """The time that was slept is no silence."""
        if self._last_pong is not None:
            self._last_pong = time.monotonic()

    # --- health -----------------------------------------------------------------------------------------

    def _ping(self):
        self._process.send(b"hb", [b"", b"ping"])
        self._timer("ping", _PING_S, self._ping)

    def _pong(self, _multipart):
        self._last_pong = time.monotonic()

    def report(self, found):
        """This kernel's part of a heartbeat; `found` is a snapshot of the processes."""
        silent_s = 0 if self._last_pong is None else time.monotonic() - self._last_pong
        return {
            "kernelId": self.kernel_id,
            "state": self.state,
            "memoryBytes": processes.resident_bytes(found, self.pid) if self.pid else 0,
            "lastActivityMs": int(self.last_activity * 1000),
            "responsive": silent_s < 6 * _PING_S,
        }


def _is_internal(parent):
    return str(kernel_message.read_object(parent).get("msg_id", "")).startswith(INTERNAL)
