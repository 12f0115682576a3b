from enum import StrEnum


class FileDiffType0Kind(StrEnum):
    NOTEBOOK = "notebook"

    def __str__(self) -> str:
        return str(self.value)
