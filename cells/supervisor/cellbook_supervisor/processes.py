"""What runs inside, read from /proc: memory, CPU and descent."""

import os
import signal

_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")
_LOOKS_MAX = 20


class Process:
    __slots__ = ("pid", "parent", "session", "resident_bytes", "cpu_ms")

    def __init__(self, pid, parent, session, resident_bytes, cpu_ms):
        self.pid = pid
        self.parent = parent
        self.session = session
        self.resident_bytes = resident_bytes
        self.cpu_ms = cpu_ms


def _read(pid):
    with open("/proc/%d/stat" % pid, "rb") as file:
        fields = file.read().rpartition(b")")[2].split()
    cpu = (int(fields[11]) + int(fields[12])) * 1000 // _TICKS
    return Process(pid, int(fields[1]), int(fields[3]), int(fields[21]) * _PAGE, cpu)


def snapshot():
    """pid -> Process for everything visible. A process that ends meanwhile is left out."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                found[int(name)] = _read(int(name))
            except (OSError, ValueError, IndexError):
                pass
    return found


def tree(found, root):
    """`root` and its descendants."""
    children = {}
    for process in found.values():
        children.setdefault(process.parent, []).append(process.pid)
    pids, todo = [], [root]
    while todo:
        pid = todo.pop()
        if pid in found:
            pids.append(pid)
        todo.extend(children.get(pid, ()))
    return pids


def resident_bytes(found, root):
    return sum(found[pid].resident_bytes for pid in tree(found, root))


def signal_group(pid, number):
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def signal_tree(root, number):
    for pid in tree(snapshot(), root):
        _signal(pid, number)


def _signal(pid, number):
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def kill_tree(root):
    """
    Kills the root's process group, every descendant, those in sessions of their own too; while the root lives, also
    what of its session has lost its parents. A fork bomb outruns a list of its processes: all of a list are stopped
    before one of them is killed, until a look finds nobody new. The root comes last, for its end tells stopped jobs
    to go on, and once more after it: it stays in the session until it is reaped, by whoever called this.
    """
    _signal(root, signal.SIGSTOP)
    killed = {root}
    try:
        _kill_others(root, killed)
    finally:
        signal_group(root, signal.SIGKILL)
        _signal(root, signal.SIGKILL)
    _kill_others(root, killed)


def _kill_others(root, killed):
    for _ in range(_LOOKS_MAX):
        new = _belonging_to(root, snapshot()) - killed
        if not new:
            return
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in new:
                _signal(pid, number)
        killed |= new


def _belonging_to(root, found):
    pids = set(tree(found, root))
    if root in found:
        pids.update(process.pid for process in found.values() if process.session == root)
    return pids
