from enum import StrEnum


class RecoverReportDoneItemAction(StrEnum):
    CLEARED_BACK_OFF = "cleared_back_off"
    DESTROYED_SANDBOX = "destroyed_sandbox"
    PLANNED_AGAIN = "planned_again"
    RAISED_EPOCH = "raised_epoch"
    STORED_FILES = "stored_files"

    def __str__(self) -> str:
        return str(self.value)
