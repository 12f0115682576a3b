from enum import StrEnum


class JobPhase(StrEnum):
    CANCELLED = "cancelled"
    DEAD_LETTERED = "dead_lettered"
    FAILED = "failed"
    HELD = "held"
    QUEUED = "queued"
    RUNNING = "running"
    SCHEDULED = "scheduled"
    SPILLED = "spilled"
    SPILLING = "spilling"
    SUBMITTED = "submitted"
    SUCCEEDED = "succeeded"
    TIMED_OUT = "timed_out"

    def __str__(self) -> str:
        return str(self.value)
