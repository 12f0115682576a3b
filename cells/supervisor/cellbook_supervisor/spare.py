"""A kernel that runs already and is nobody's: the first one asked for is handed out under the id asked for.

    a kernel as any other --setAside--> spare --startKernel of its kernelspec--> claimed (kernel_claim.py inside)
                                          └── another kernelspec, or the kernel finds why not --> ended; a new one starts

It comes with the image that a pool's members are restored from, its usual imports done.
"""

import json

from . import workspace

_CLAIM = "__import__('sys').modules['cellbook_kernel_hook'].claim(%r)"


# the claim takes 20 to 50 ms; a process that does not answer is not worth more of a user's time
_CLAIM_S = 2


class Spare:
    def __init__(self, kernel):
        self._kernel = kernel

    @property
    def pid(self):
        return self._kernel.pid

    def fits(self, entry):
        return self._kernel.pid is not None and self._kernel.entry == entry

    def hand_out(self, stream, kernel_id, directory, environment, on_done, on_refused):
        """`on_done(info)` when the kernel is the client's; `on_refused()` when it can only be ended."""
        kernel, supervisor = self._kernel, self._kernel.supervisor
        # taken at once: nothing else may be started under this id meanwhile
        before = (kernel.stream, kernel.kernel_id)
        kernel.stream, kernel.kernel_id = stream, kernel_id
        supervisor.kernels[stream] = kernel
        inside = workspace.kernel_environment(kernel_id, kernel.entry["spec"], supervisor.secrets, environment)
        workspace.make_place_for_packages(inside)
        told = {
            "environment": inside,
            "directory": workspace.working_directory(directory),
        }

        def settle(adopted):
            if late.callback is None:
                return
            late.cancel()
            if adopted:
                kernel.become(directory, environment)
                on_done(kernel.info)
                return
            supervisor.kernels.pop(stream, None)
            kernel.stream, kernel.kernel_id = before
            on_refused()

        def claimed(content):
            found = content.get("user_expressions", {}).get("claim", {}).get("data", {}).get("text/plain")
            settle(found == "None")

        late = supervisor.loop.after(_CLAIM_S, lambda: settle(False))
        expression = _CLAIM % json.dumps(told)
        kernel.execute_unseen({"user_expressions": {"claim": expression}}, claimed)

    def end(self, on_ended=lambda: None):
        self._kernel.stop(False, on_ended)
