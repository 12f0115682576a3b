from enum import StrEnum


class TransitionKind(StrEnum):
    INTENT = "intent"
    OUTCOME = "outcome"
    PHASE = "phase"

    def __str__(self) -> str:
        return str(self.value)
