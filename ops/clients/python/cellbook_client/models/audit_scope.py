from enum import StrEnum


class AuditScope(StrEnum):
    ALL = "all"
    ORGANISATION = "organisation"
    OWN = "own"

    def __str__(self) -> str:
        return str(self.value)
