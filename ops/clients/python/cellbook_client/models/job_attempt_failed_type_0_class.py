from enum import StrEnum


class JobAttemptFailedType0Class(StrEnum):
    BAD_OUTPUT = "bad_output"
    CRASHED = "crashed"
    HOST_FAULT = "host_fault"
    HUNG = "hung"
    LOST = "lost"
    NO_PROGRESS = "no_progress"
    OUT_OF_MEMORY = "out_of_memory"
    REFUSED = "refused"
    WALL_CLOCK = "wall_clock"

    def __str__(self) -> str:
        return str(self.value)
