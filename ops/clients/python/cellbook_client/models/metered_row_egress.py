from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="MeteredRowEgress")


@_attrs_define
class MeteredRowEgress:
    """
    Attributes:
        up_bytes (float):
        down_bytes (float):
    """

    up_bytes: float
    down_bytes: float

    def to_dict(self) -> dict[str, Any]:
        up_bytes = self.up_bytes

        down_bytes = self.down_bytes

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "upBytes": up_bytes,
                "downBytes": down_bytes,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        up_bytes = d.pop("upBytes")

        down_bytes = d.pop("downBytes")

        metered_row_egress = cls(
            up_bytes=up_bytes,
            down_bytes=down_bytes,
        )

        return metered_row_egress
