from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="GpuOrdered")


@_attrs_define
class GpuOrdered:
    """
    Attributes:
        region (str):
        accepted (bool):
    """

    region: str
    accepted: bool

    def to_dict(self) -> dict[str, Any]:
        region = self.region

        accepted = self.accepted

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "region": region,
                "accepted": accepted,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        region = d.pop("region")

        accepted = d.pop("accepted")

        gpu_ordered = cls(
            region=region,
            accepted=accepted,
        )

        return gpu_ordered
