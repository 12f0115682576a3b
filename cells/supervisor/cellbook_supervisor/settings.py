"""What the cell decides: limits of this sandbox and of every queue in it. They stand, with their sums, in
shared/src/limits.ts and come as one JSON text in the environment, which no kernel inherits, and again with every
restore: what a sandbox may use can have changed while it was stored away."""

import json
import os

_VARIABLE = "CELLBOOK_SUPERVISOR"


def load(values):
    global MEMORY_BYTES_MAX, MEMORY_OF_SANDBOX, MEMORY_FILL_BYTES_PER_S, FRAME_BYTES_MAX
    global CUT_STREAM_CHARS, OUTBOX_SOFT_BYTES, OUTBOX_HARD_BYTES, OUTBOX_ROOM_BYTES
    global ACCEPTED_REPORT_BYTES, KERNEL_START_S, KERNEL_TERMINATE_S, KERNEL_KILL_S
    global EGRESS, EGRESS_START_S
    global HEARTBEAT_S, STDERR_TAIL_BYTES, RESOURCE_BYTES_MAX, ENTROPY_S, HOOKS_MAX
    MEMORY_BYTES_MAX = values.get("memoryBytesMax", 0)
    # whether /proc/meminfo counts this sandbox alone (gVisor) or the whole host (no isolation)
    MEMORY_OF_SANDBOX = values.get("memoryOfSandbox", False)
    MEMORY_FILL_BYTES_PER_S = values.get("memoryFillBytesPerS", 2 * 1024**3)
    FRAME_BYTES_MAX = values.get("frameBytesMax", 31 * 1024 * 1024)
    CUT_STREAM_CHARS = values.get("cutStreamChars", 512 * 1024)
    OUTBOX_SOFT_BYTES = values.get("outboxSoftBytes", 16 * 1024 * 1024)
    OUTBOX_HARD_BYTES = values.get("outboxHardBytes", 64 * 1024 * 1024)
    OUTBOX_ROOM_BYTES = values.get("outboxRoomBytes", 4 * 1024 * 1024)
    ACCEPTED_REPORT_BYTES = values.get("acceptedReportBytes", 256 * 1024)
    KERNEL_START_S = values.get("kernelStartMs", 60_000) / 1000
    KERNEL_TERMINATE_S = values.get("kernelTerminateMs", 3_000) / 1000
    KERNEL_KILL_S = values.get("kernelKillMs", 5_000) / 1000
    HEARTBEAT_S = values.get("heartbeatMs", 5_000) / 1000
    STDERR_TAIL_BYTES = values.get("stderrTailBytes", 8 * 1024)
    RESOURCE_BYTES_MAX = values.get("resourceBytesMax", 4 * 1024 * 1024)
    ENTROPY_S = values.get("entropyMs", 1_000) / 1000
    # the port and the socket between which the forwarder sits; None: there is no way out
    EGRESS = values.get("egress")
    EGRESS_START_S = values.get("egressStartMs", 300) / 1000
    HOOKS_MAX = values.get("hooksMax", 256)


load(json.loads(os.environ.pop(_VARIABLE, "{}")))
