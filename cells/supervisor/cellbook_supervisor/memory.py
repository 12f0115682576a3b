"""Out of memory, by name: before the sandbox's own hard limit kills everything at once, the biggest
kernel (or terminal, or command) is ended, and the cell is told which and why.

The interval shrinks with the room left: memory cannot be filled faster than
MEMORY_FILL_BYTES_PER_S, so looking again after `room / MEMORY_FILL_BYTES_PER_S` is soon enough. A sandbox in which nothing was asked to run is
looked at every two seconds: a hundred of them cost a host next to nothing.
"""

import os
import signal

from . import processes, settings

_INTERVAL_S_MIN = 0.05
_INTERVAL_S_MAX = 0.5
_IDLE_INTERVAL_S = 2


def next_look_s(used_bytes, limit_bytes, is_active):
    if not is_active:
        return _IDLE_INTERVAL_S
    room = max(0, limit_bytes - used_bytes)
    return min(_INTERVAL_S_MAX, max(_INTERVAL_S_MIN, room / settings.MEMORY_FILL_BYTES_PER_S))


def used_in_sandbox():
    """Everything the sandbox's memory is charged for (gVisor's own /proc/meminfo): tmpfs files too."""
    total = 0
    with open("/proc/meminfo", "rb") as file:
        for line in file:
            if line.startswith((b"AnonPages:", b"Shmem:")):
                total += int(line.split()[1]) * 1024
    return total


class MemoryWatch:
    """`roots()` gives (pid, kill) of everything that may be ended; `kill(resident_bytes)` ends it."""

    def __init__(self, loop, roots, is_active):
        self._loop = loop
        self._limit = settings.MEMORY_BYTES_MAX
        self._roots = roots
        self._is_active = is_active
        self._just_killed = set()
        self._idle_timer = None
        if self._limit:
            self._look()

    def note_activity(self):
        """Something was asked of the sandbox: the next look may not wait as long as for an idle one."""
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None
            self._loop.after(_INTERVAL_S_MIN, self._look)

    def used(self, found=None):
        if settings.MEMORY_OF_SANDBOX:
            return used_in_sandbox()
        return processes.resident_bytes(found or processes.snapshot(), os.getpid())

    def _look(self):
        used = self.used()
        if used >= self._limit:
            self._end_biggest()
        is_active = self._is_active()
        timer = self._loop.after(next_look_s(used, self._limit, is_active), self._look)
        self._idle_timer = None if is_active else timer

    def _end_biggest(self):
        """Everything is stopped while the biggest is found: a fork bomb would outrun the search otherwise."""
        roots = dict(self._roots())
        for pid in roots:
            processes.signal_group(pid, signal.SIGSTOP)
        found = processes.snapshot()
        alive = {pid: kill for pid, kill in roots.items() if pid in found}
        self._just_killed &= set(alive)
        if alive and not self._just_killed:
            resident, victim = max((processes.resident_bytes(found, pid), pid) for pid in alive)
            self._just_killed.add(victim)
            alive[victim](resident)
        for pid in alive:
            processes.signal_group(pid, signal.SIGCONT)
