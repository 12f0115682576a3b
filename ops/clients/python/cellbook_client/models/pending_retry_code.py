from enum import StrEnum


class PendingRetryCode(StrEnum):
    RETRY = "retry"

    def __str__(self) -> str:
        return str(self.value)
