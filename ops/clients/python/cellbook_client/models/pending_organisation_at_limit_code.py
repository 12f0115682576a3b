from enum import StrEnum


class PendingOrganisationAtLimitCode(StrEnum):
    ORGANISATION_AT_LIMIT = "organisation_at_limit"

    def __str__(self) -> str:
        return str(self.value)
