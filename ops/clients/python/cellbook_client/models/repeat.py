from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.repeat_overlap import RepeatOverlap
from ..types import UNSET, Unset

T = TypeVar("T", bound="Repeat")


@_attrs_define
class Repeat:
    """
    Attributes:
        every_seconds (int):
        times (int):
        overlap (RepeatOverlap | Unset):  Default: RepeatOverlap.SKIP.
    """

    every_seconds: int
    times: int
    overlap: RepeatOverlap | Unset = RepeatOverlap.SKIP

    def to_dict(self) -> dict[str, Any]:
        every_seconds = self.every_seconds

        times = self.times

        overlap: str | Unset = UNSET
        if not isinstance(self.overlap, Unset):
            overlap = self.overlap.value

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "everySeconds": every_seconds,
                "times": times,
            }
        )
        if overlap is not UNSET:
            field_dict["overlap"] = overlap

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        every_seconds = d.pop("everySeconds")

        times = d.pop("times")

        _overlap = d.pop("overlap", UNSET)
        overlap: RepeatOverlap | Unset
        if isinstance(_overlap, Unset):
            overlap = UNSET
        else:
            overlap = RepeatOverlap(_overlap)

        repeat = cls(
            every_seconds=every_seconds,
            times=times,
            overlap=overlap,
        )

        return repeat
