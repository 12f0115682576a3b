from enum import StrEnum


class FileDiffType2Kind(StrEnum):
    BINARY = "binary"

    def __str__(self) -> str:
        return str(self.value)
