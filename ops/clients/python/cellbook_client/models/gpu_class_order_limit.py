from enum import StrEnum


class GpuClassOrderLimit(StrEnum):
    FREE = "free"
    ISOLATED = "isolated"
    REFUSED = "refused"
    THROTTLED = "throttled"

    def __str__(self) -> str:
        return str(self.value)
