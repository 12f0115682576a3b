from enum import StrEnum


class MissCause(StrEnum):
    EXPIRED = "expired"
    FAILED = "failed"
    FIRST_START = "first_start"
    GONE = "gone"
    HOST_AWAY = "host_away"
    INCOMPATIBLE = "incompatible"
    NOT_KEPT = "not_kept"
    SANDBOX_LOST = "sandbox_lost"
    SLOW = "slow"
    UNSUPPORTED = "unsupported"

    def __str__(self) -> str:
        return str(self.value)
