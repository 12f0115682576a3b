from enum import StrEnum


class TransitionOutcomeType0(StrEnum):
    FAILED = "failed"
    OK = "ok"

    def __str__(self) -> str:
        return str(self.value)
