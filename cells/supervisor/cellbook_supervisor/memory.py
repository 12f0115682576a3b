"""Out of memory, by name: before the sandbox's own hard limit kills everything at once, the biggest
kernel (or terminal, or command) is ended, and the cell is told which and why.

The interval shrinks with the room left: memory cannot be filled faster than
MEMORY_FILL_BYTES_PER_S, so looking again after `room / MEMORY_FILL_BYTES_PER_S` is soon enough, whatever
the kernels say they are doing: a thread of an idle kernel fills memory as fast as a busy one.

gVisor gives a dead process's memory back in the background, and counts it until then. So after an end
nobody else is ended unless what is still alive holds too much by itself.
"""

import os
import signal

from . import processes, settings

_INTERVAL_S_MIN = 0.05
_INTERVAL_S_MAX = 2


def next_look_s(used_bytes, limit_bytes):
    room = max(0, limit_bytes - used_bytes)
    return min(_INTERVAL_S_MAX, max(_INTERVAL_S_MIN, room / settings.MEMORY_FILL_BYTES_PER_S))


def in_sandbox():
    """(all, of files in memory): what the sandbox is charged for, by gVisor's own /proc/meminfo."""
    found = {}
    with open("/proc/meminfo", "rb") as file:
        for line in file:
            name, _, rest = line.partition(b":")
            if name in (b"AnonPages", b"Shmem"):
                found[name] = int(rest.split()[0]) * 1024
    return sum(found.values()), found.get(b"Shmem", 0)


class MemoryWatch:
    """`roots()` gives (pid, kill) of everything that may be ended; `kill(resident_bytes)` ends it."""

    def __init__(self, loop, roots):
        self._loop = loop
        self._roots = roots
        self._just_killed = set()
        if settings.MEMORY_BYTES_MAX:
            self._look()

    def used(self, found=None):
        if settings.MEMORY_OF_SANDBOX:
            return in_sandbox()[0]
        return processes.resident_bytes(found or processes.snapshot(), os.getpid())

    def _look(self):
        used = self.used()
        if used >= settings.MEMORY_BYTES_MAX:
            self._end_biggest()
        self._loop.after(next_look_s(used, settings.MEMORY_BYTES_MAX), self._look)

    def _end_biggest(self):
        """Everything is stopped while the biggest is found: a fork bomb would outrun the search otherwise."""
        roots = dict(self._roots())
        for pid in roots:
            processes.signal_group(pid, signal.SIGSTOP)
        found = processes.snapshot()
        alive = {pid: kill for pid, kill in roots.items() if pid in found}
        alive.update(self._left_behind(found, roots))
        self._just_killed &= set(alive)
        if alive and not self._just_killed and self._held_by_living(found) >= settings.MEMORY_BYTES_MAX:
            resident, victim = max((processes.resident_bytes(found, pid), pid) for pid in alive)
            self._just_killed.add(victim)
            alive[victim](resident)
        for pid in roots:
            processes.signal_group(pid, signal.SIGCONT)

    def _left_behind(self, found, roots):
        """What detached itself from a kernel or terminal: a child of the first process, and nobody's."""
        here = os.getpid()
        for process in found.values():
            if process.parent == here and process.pid not in roots:
                yield process.pid, lambda _, pid=process.pid: processes.kill_tree(pid)

    def _held_by_living(self, found):
        """Pages that processes share count for each, so this never says too little; the dead count no more."""
        files = in_sandbox()[1] if settings.MEMORY_OF_SANDBOX else 0
        return files + processes.resident_bytes(found, os.getpid())
