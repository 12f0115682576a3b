from enum import StrEnum


class GetUsageOf(StrEnum):
    ME = "me"
    ORGANISATION = "organisation"
    PLATFORM = "platform"

    def __str__(self) -> str:
        return str(self.value)
