from enum import StrEnum


class NotebookTaskKind(StrEnum):
    NOTEBOOK = "notebook"

    def __str__(self) -> str:
        return str(self.value)
