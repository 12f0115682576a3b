from enum import StrEnum


class EnvironmentState(StrEnum):
    DAMAGED = "damaged"
    FAILED = "failed"
    READY = "ready"
    REBUILDING = "rebuilding"

    def __str__(self) -> str:
        return str(self.value)
