from enum import StrEnum


class Tier(StrEnum):
    ENTERPRISE = "enterprise"
    FREE = "free"
    PAID = "paid"

    def __str__(self) -> str:
        return str(self.value)
