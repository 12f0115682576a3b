from enum import StrEnum


class PendingNoSuchHardwareCode(StrEnum):
    NO_SUCH_HARDWARE = "no_such_hardware"

    def __str__(self) -> str:
        return str(self.value)
