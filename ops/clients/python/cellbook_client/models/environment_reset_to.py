from enum import StrEnum


class EnvironmentResetTo(StrEnum):
    EMPTY = "empty"
    PREVIOUS = "previous"

    def __str__(self) -> str:
        return str(self.value)
