from enum import StrEnum


class RecoverReportFoundItemState(StrEnum):
    BACKING_OFF = "backing_off"
    FILES_AHEAD = "files_ahead"
    FILES_WITHOUT_OWNER = "files_without_owner"
    HOST_SILENT = "host_silent"
    HOST_UNKNOWN = "host_unknown"
    INTERRUPTED = "interrupted"
    LEASE_OF_ANOTHER = "lease_of_another"
    ORPHANED_SANDBOX = "orphaned_sandbox"
    PURGE_OVERDUE = "purge_overdue"
    RUNNING_WITHOUT_SANDBOX = "running_without_sandbox"
    SANDBOX_AHEAD = "sandbox_ahead"

    def __str__(self) -> str:
        return str(self.value)
