from enum import StrEnum


class PendingMovingCode(StrEnum):
    MOVING = "moving"

    def __str__(self) -> str:
        return str(self.value)
