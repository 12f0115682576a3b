from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="Held")


@_attrs_define
class Held:
    """
    Attributes:
        seconds (float):
        byte_seconds (float):
    """

    seconds: float
    byte_seconds: float

    def to_dict(self) -> dict[str, Any]:
        seconds = self.seconds

        byte_seconds = self.byte_seconds

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "seconds": seconds,
                "byteSeconds": byte_seconds,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        seconds = d.pop("seconds")

        byte_seconds = d.pop("byteSeconds")

        held = cls(
            seconds=seconds,
            byte_seconds=byte_seconds,
        )

        return held
