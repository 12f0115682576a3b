from enum import StrEnum


class OtherTaskKind(StrEnum):
    TASK = "task"

    def __str__(self) -> str:
        return str(self.value)
