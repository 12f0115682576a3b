from enum import StrEnum


class GpuHostPhase(StrEnum):
    DRAINING = "draining"
    GONE = "gone"
    QUARANTINED = "quarantined"
    SILENT = "silent"
    UP = "up"

    def __str__(self) -> str:
        return str(self.value)
