from enum import StrEnum


class PendingNotTakenUpCode(StrEnum):
    NOT_TAKEN_UP = "not_taken_up"

    def __str__(self) -> str:
        return str(self.value)
