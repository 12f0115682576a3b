from enum import StrEnum


class PendingNoRoomCode(StrEnum):
    NO_ROOM = "no_room"

    def __str__(self) -> str:
        return str(self.value)
