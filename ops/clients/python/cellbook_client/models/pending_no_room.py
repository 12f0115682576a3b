from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.pending_no_room_code import PendingNoRoomCode

T = TypeVar("T", bound="PendingNoRoom")


@_attrs_define
class PendingNoRoom:
    """
    Attributes:
        code (PendingNoRoomCode):
        gpus (int):
        fitting (int):
    """

    code: PendingNoRoomCode
    gpus: int
    fitting: int

    def to_dict(self) -> dict[str, Any]:
        code = self.code.value

        gpus = self.gpus

        fitting = self.fitting

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "code": code,
                "gpus": gpus,
                "fitting": fitting,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        code = PendingNoRoomCode(d.pop("code"))

        gpus = d.pop("gpus")

        fitting = d.pop("fitting")

        pending_no_room = cls(
            code=code,
            gpus=gpus,
            fitting=fitting,
        )

        return pending_no_room
