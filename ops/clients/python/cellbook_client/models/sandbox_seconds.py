from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.tier import Tier

T = TypeVar("T", bound="SandboxSeconds")


@_attrs_define
class SandboxSeconds:
    """
    Attributes:
        tier (Tier):
        memory_bytes (int):
        seconds (float):
    """

    tier: Tier
    memory_bytes: int
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        tier = self.tier.value

        memory_bytes = self.memory_bytes

        seconds = self.seconds

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "tier": tier,
                "memoryBytes": memory_bytes,
                "seconds": seconds,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        tier = Tier(d.pop("tier"))

        memory_bytes = d.pop("memoryBytes")

        seconds = d.pop("seconds")

        sandbox_seconds = cls(
            tier=tier,
            memory_bytes=memory_bytes,
            seconds=seconds,
        )

        return sandbox_seconds
