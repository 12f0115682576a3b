"""Every child of the supervisor is reaped here, so that an exit is told once and to its owner only."""

import os
import signal


class Children:
    def __init__(self, loop):
        self._owners = {}
        self.reaped_cpu_ms = 0
        loop.on_child_exit(self._reap)

    def adopt(self, pid, on_exit):
        """`on_exit(exit_code or None, signal or None)` is called once, when the child has ended."""
        self._owners[pid] = on_exit

    def _reap(self):
        while True:
            try:
                pid, status, usage = os.wait3(os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self.reaped_cpu_ms += int((usage.ru_utime + usage.ru_stime) * 1000)
            owner = self._owners.pop(pid, None)
            if owner is None:
                continue
            code = os.waitstatus_to_exitcode(status)
            owner(code if code >= 0 else None, -code if code < 0 else None)


def spawn(argv, directory, environment, stdin, stdout, stderr):
    """Starts a program in a session and process group of its own and returns its pid.

    posix_spawn cannot change directory, so this forks; the child only sets descriptors and executes.
    OSError when the program cannot be executed.
    """
    report_in, report_out = os.pipe()
    try:
        pid = os.fork()
    except OSError:
        os.close(report_in)
        os.close(report_out)
        raise
    if pid == 0:
        try:
            os.setsid()
            os.chdir(directory)
            for source, target in ((stdin, 0), (stdout, 1), (stderr, 2)):
                os.dup2(source, target)
            for number in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            os.closerange(3, report_out)
            os.closerange(report_out + 1, 4096)
            os.execvpe(argv[0], argv, environment)
        except OSError as error:
            os.write(report_out, str(error.errno or 1).encode())
        finally:
            os._exit(127)
    os.close(report_out)
    failed = os.read(report_in, 16)
    os.close(report_in)
    if failed:
        raise OSError(int(failed), os.strerror(int(failed)), argv[0])
    return pid
