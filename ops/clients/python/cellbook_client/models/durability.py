from enum import StrEnum


class Durability(StrEnum):
    BATCHED = "batched"
    DURABLE = "durable"

    def __str__(self) -> str:
        return str(self.value)
