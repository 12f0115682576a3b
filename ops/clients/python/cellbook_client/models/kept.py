from enum import StrEnum


class Kept(StrEnum):
    LIVE = "live"
    MEMORY = "memory"
    NONE = "none"

    def __str__(self) -> str:
        return str(self.value)
