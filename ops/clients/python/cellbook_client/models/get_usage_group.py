from enum import StrEnum


class GetUsageGroup(StrEnum):
    ORGANISATION = "organisation"
    TEAM = "team"
    USER = "user"
    WORKSPACE = "workspace"

    def __str__(self) -> str:
        return str(self.value)
