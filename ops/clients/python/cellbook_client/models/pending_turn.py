from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.pending_turn_code import PendingTurnCode

T = TypeVar("T", bound="PendingTurn")


@_attrs_define
class PendingTurn:
    """
    Attributes:
        code (PendingTurnCode):
        ahead (int):
    """

    code: PendingTurnCode
    ahead: int

    def to_dict(self) -> dict[str, Any]:
        code = self.code.value

        ahead = self.ahead

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "code": code,
                "ahead": ahead,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        code = PendingTurnCode(d.pop("code"))

        ahead = d.pop("ahead")

        pending_turn = cls(
            code=code,
            ahead=ahead,
        )

        return pending_turn
