from enum import StrEnum


class AuditEventWhoKind(StrEnum):
    ANONYMOUS = "anonymous"
    SERVICE = "service"
    SYSTEM = "system"
    USER = "user"

    def __str__(self) -> str:
        return str(self.value)
