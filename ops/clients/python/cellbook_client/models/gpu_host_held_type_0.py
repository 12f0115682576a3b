from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="GpuHostHeldType0")


@_attrs_define
class GpuHostHeldType0:
    """
    Attributes:
        because (str):
        by (str):
        at (datetime.datetime):
    """

    because: str
    by: str
    at: datetime.datetime

    def to_dict(self) -> dict[str, Any]:
        because = self.because

        by = self.by

        at = self.at.isoformat()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "because": because,
                "by": by,
                "at": at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        because = d.pop("because")

        by = d.pop("by")

        at = datetime.datetime.fromisoformat(d.pop("at"))

        gpu_host_held_type_0 = cls(
            because=because,
            by=by,
            at=at,
        )

        return gpu_host_held_type_0
