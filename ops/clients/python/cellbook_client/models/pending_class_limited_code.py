from enum import StrEnum


class PendingClassLimitedCode(StrEnum):
    CLASS_LIMITED = "class_limited"

    def __str__(self) -> str:
        return str(self.value)
