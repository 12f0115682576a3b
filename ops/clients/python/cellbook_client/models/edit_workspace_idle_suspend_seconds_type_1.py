from enum import StrEnum


class EditWorkspaceIdleSuspendSecondsType1(StrEnum):
    USUAL = "usual"

    def __str__(self) -> str:
        return str(self.value)
