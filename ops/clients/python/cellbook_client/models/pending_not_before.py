from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.pending_not_before_code import PendingNotBeforeCode

T = TypeVar("T", bound="PendingNotBefore")


@_attrs_define
class PendingNotBefore:
    """
    Attributes:
        code (PendingNotBeforeCode):
        until (datetime.datetime):
    """

    code: PendingNotBeforeCode
    until: datetime.datetime

    def to_dict(self) -> dict[str, Any]:
        code = self.code.value

        until = self.until.isoformat()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "code": code,
                "until": until,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        code = PendingNotBeforeCode(d.pop("code"))

        until = datetime.datetime.fromisoformat(d.pop("until"))

        pending_not_before = cls(
            code=code,
            until=until,
        )

        return pending_not_before
