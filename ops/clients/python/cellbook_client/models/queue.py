from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="Queue")


@_attrs_define
class Queue:
    """
    Attributes:
        position (int):
        of (int):
    """

    position: int
    of: int

    def to_dict(self) -> dict[str, Any]:
        position = self.position

        of = self.of

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "position": position,
                "of": of,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        position = d.pop("position")

        of = d.pop("of")

        queue = cls(
            position=position,
            of=of,
        )

        return queue
