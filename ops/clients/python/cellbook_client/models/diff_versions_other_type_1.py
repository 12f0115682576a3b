from enum import StrEnum


class DiffVersionsOtherType1(StrEnum):
    CURRENT = "current"

    def __str__(self) -> str:
        return str(self.value)
