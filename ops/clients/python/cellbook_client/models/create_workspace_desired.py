from enum import StrEnum


class CreateWorkspaceDesired(StrEnum):
    RUNNING = "running"
    SUSPENDED = "suspended"

    def __str__(self) -> str:
        return str(self.value)
