from enum import StrEnum


class GpuContainedClassesItemLimit(StrEnum):
    FREE = "free"
    ISOLATED = "isolated"
    REFUSED = "refused"
    THROTTLED = "throttled"

    def __str__(self) -> str:
        return str(self.value)
