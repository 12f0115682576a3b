from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.pending_class_limited_code import PendingClassLimitedCode

T = TypeVar("T", bound="PendingClassLimited")


@_attrs_define
class PendingClassLimited:
    """
    Attributes:
        code (PendingClassLimitedCode):
        problem (str):
        until (datetime.datetime | None):
    """

    code: PendingClassLimitedCode
    problem: str
    until: datetime.datetime | None

    def to_dict(self) -> dict[str, Any]:
        code = self.code.value

        problem = self.problem

        until: None | str
        if isinstance(self.until, datetime.datetime):
            until = self.until.isoformat()
        else:
            until = self.until

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "code": code,
                "problem": problem,
                "until": until,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        code = PendingClassLimitedCode(d.pop("code"))

        problem = d.pop("problem")

        def _parse_until(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                until_type_0 = datetime.datetime.fromisoformat(data)

                return until_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        until = _parse_until(d.pop("until"))

        pending_class_limited = cls(
            code=code,
            problem=problem,
            until=until,
        )

        return pending_class_limited
