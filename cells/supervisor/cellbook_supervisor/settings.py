"""What the cell decides: limits of this sandbox and of every queue in it. They stand, with their sums, in
shared/src/limits.ts and come as one JSON text in the environment, which no kernel inherits."""

import json
import os

_VARIABLE = "CELLBOOK_SUPERVISOR"
_values = json.loads(os.environ.pop(_VARIABLE, "{}"))

MEMORY_BYTES_MAX = _values.get("memoryBytesMax", 0)
# whether /proc/meminfo counts this sandbox alone (gVisor) or the whole host (no isolation)
MEMORY_OF_SANDBOX = _values.get("memoryOfSandbox", False)
MEMORY_FILL_BYTES_PER_S = _values.get("memoryFillBytesPerS", 2 * 1024**3)
FRAME_BYTES_MAX = _values.get("frameBytesMax", 31 * 1024 * 1024)
CUT_STREAM_CHARS = _values.get("cutStreamChars", 512 * 1024)
OUTBOX_SOFT_BYTES = _values.get("outboxSoftBytes", 16 * 1024 * 1024)
OUTBOX_HARD_BYTES = _values.get("outboxHardBytes", 64 * 1024 * 1024)
OUTBOX_ROOM_BYTES = _values.get("outboxRoomBytes", 4 * 1024 * 1024)
ACCEPTED_REPORT_BYTES = _values.get("acceptedReportBytes", 256 * 1024)
KERNEL_START_S = _values.get("kernelStartMs", 60_000) / 1000
KERNEL_TERMINATE_S = _values.get("kernelTerminateMs", 3_000) / 1000
KERNEL_KILL_S = _values.get("kernelKillMs", 5_000) / 1000
HEARTBEAT_S = _values.get("heartbeatMs", 5_000) / 1000
STDERR_TAIL_BYTES = _values.get("stderrTailBytes", 8 * 1024)
RESOURCE_BYTES_MAX = _values.get("resourceBytesMax", 4 * 1024 * 1024)
