from enum import StrEnum


class AuditEventWhoViaType0(StrEnum):
    INTERNAL = "internal"
    SESSION = "session"
    TOKEN = "token"
    WORKSPACE = "workspace"

    def __str__(self) -> str:
        return str(self.value)
