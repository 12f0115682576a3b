from enum import StrEnum


class ListJobsOf(StrEnum):
    ME = "me"
    ORGANISATION = "organisation"

    def __str__(self) -> str:
        return str(self.value)
