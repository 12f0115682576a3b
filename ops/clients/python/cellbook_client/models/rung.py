from enum import StrEnum


class Rung(StrEnum):
    COLD = "cold"
    FILES = "files"
    LIVE = "live"
    MEMORY = "memory"
    MEMORY_REMOTE = "memory-remote"

    def __str__(self) -> str:
        return str(self.value)
