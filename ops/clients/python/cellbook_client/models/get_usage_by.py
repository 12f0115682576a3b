from enum import StrEnum


class GetUsageBy(StrEnum):
    DAY = "day"
    HOUR = "hour"
    MONTH = "month"
    TOTAL = "total"

    def __str__(self) -> str:
        return str(self.value)
