from enum import StrEnum


class VideoTaskKind(StrEnum):
    VIDEO = "video"

    def __str__(self) -> str:
        return str(self.value)
