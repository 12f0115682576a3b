from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.pending_moving_code import PendingMovingCode

T = TypeVar("T", bound="PendingMoving")


@_attrs_define
class PendingMoving:
    """
    Attributes:
        code (PendingMovingCode):
        to (str):
    """

    code: PendingMovingCode
    to: str

    def to_dict(self) -> dict[str, Any]:
        code = self.code.value

        to = self.to

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "code": code,
                "to": to,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        code = PendingMovingCode(d.pop("code"))

        to = d.pop("to")

        pending_moving = cls(
            code=code,
            to=to,
        )

        return pending_moving
