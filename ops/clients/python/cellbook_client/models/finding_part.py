from enum import StrEnum


class FindingPart(StrEnum):
    METADATA = "metadata"
    OUTPUT = "output"
    SOURCE = "source"
    TEXT = "text"

    def __str__(self) -> str:
        return str(self.value)
