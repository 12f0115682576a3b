from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="PredictedStart")


@_attrs_define
class PredictedStart:
    """
    Attributes:
        likely (datetime.datetime):
        latest (datetime.datetime):
        seen (int):
    """

    likely: datetime.datetime
    latest: datetime.datetime
    seen: int

    def to_dict(self) -> dict[str, Any]:
        likely = self.likely.isoformat()

        latest = self.latest.isoformat()

        seen = self.seen

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "likely": likely,
                "latest": latest,
                "seen": seen,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        likely = datetime.datetime.fromisoformat(d.pop("likely"))

        latest = datetime.datetime.fromisoformat(d.pop("latest"))

        seen = d.pop("seen")

        predicted_start = cls(
            likely=likely,
            latest=latest,
            seen=seen,
        )

        return predicted_start
