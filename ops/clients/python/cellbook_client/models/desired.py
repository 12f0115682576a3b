from enum import StrEnum


class Desired(StrEnum):
    DELETED = "deleted"
    RUNNING = "running"
    SUSPENDED = "suspended"

    def __str__(self) -> str:
        return str(self.value)
