from enum import StrEnum


class PendingTurnCode(StrEnum):
    TURN = "turn"

    def __str__(self) -> str:
        return str(self.value)
