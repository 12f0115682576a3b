from enum import StrEnum


class ListJobsState(StrEnum):
    ENDED = "ended"
    RUNNING = "running"
    WAITING = "waiting"

    def __str__(self) -> str:
        return str(self.value)
