from enum import StrEnum


class MeteredBy(StrEnum):
    DAY = "day"
    HOUR = "hour"
    MONTH = "month"
    TOTAL = "total"

    def __str__(self) -> str:
        return str(self.value)
