from enum import StrEnum


class MeteredGroup(StrEnum):
    ORGANISATION = "organisation"
    TEAM = "team"
    USER = "user"
    WORKSPACE = "workspace"

    def __str__(self) -> str:
        return str(self.value)
