from enum import StrEnum


class EgressConnectionResult(StrEnum):
    ADDRESS_REFUSED = "address_refused"
    BROKEN = "broken"
    NAME_REFUSED = "name_refused"
    NOT_ALLOWED = "not_allowed"
    OK = "ok"
    OVER_QUOTA = "over_quota"
    TOO_MANY_CONNECTIONS = "too_many_connections"
    UNREACHABLE = "unreachable"
    UNRESOLVED = "unresolved"

    def __str__(self) -> str:
        return str(self.value)
