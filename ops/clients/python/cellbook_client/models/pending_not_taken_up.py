from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.pending_not_taken_up_code import PendingNotTakenUpCode

T = TypeVar("T", bound="PendingNotTakenUp")


@_attrs_define
class PendingNotTakenUp:
    """
    Attributes:
        code (PendingNotTakenUpCode):
        leaderless (bool):
    """

    code: PendingNotTakenUpCode
    leaderless: bool

    def to_dict(self) -> dict[str, Any]:
        code = self.code.value

        leaderless = self.leaderless

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "code": code,
                "leaderless": leaderless,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        code = PendingNotTakenUpCode(d.pop("code"))

        leaderless = d.pop("leaderless")

        pending_not_taken_up = cls(
            code=code,
            leaderless=leaderless,
        )

        return pending_not_taken_up
