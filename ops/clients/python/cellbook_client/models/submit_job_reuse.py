from enum import StrEnum


class SubmitJobReuse(StrEnum):
    FINISHED = "finished"
    JOIN = "join"
    OFF = "off"

    def __str__(self) -> str:
        return str(self.value)
