from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="JobLogAttemptsItem")


@_attrs_define
class JobLogAttemptsItem:
    """
    Attributes:
        id (str):
        number (int):
        tail (str):
        at (datetime.datetime | None):
    """

    id: str
    number: int
    tail: str
    at: datetime.datetime | None

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        number = self.number

        tail = self.tail

        at: None | str
        if isinstance(self.at, datetime.datetime):
            at = self.at.isoformat()
        else:
            at = self.at

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "number": number,
                "tail": tail,
                "at": at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        id = d.pop("id")

        number = d.pop("number")

        tail = d.pop("tail")

        def _parse_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                at_type_0 = datetime.datetime.fromisoformat(data)

                return at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        at = _parse_at(d.pop("at"))

        job_log_attempts_item = cls(
            id=id,
            number=number,
            tail=tail,
            at=at,
        )

        return job_log_attempts_item
