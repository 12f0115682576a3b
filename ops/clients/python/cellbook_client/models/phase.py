from enum import StrEnum


class Phase(StrEnum):
    DELETED = "deleted"
    DELETING = "deleting"
    FAILED = "failed"
    RESUMING = "resuming"
    RUNNING = "running"
    SUSPENDED = "suspended"
    SUSPENDING = "suspending"

    def __str__(self) -> str:
        return str(self.value)
