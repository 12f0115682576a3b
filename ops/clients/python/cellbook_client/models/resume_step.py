from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="ResumeStep")


@_attrs_define
class ResumeStep:
    """
    Attributes:
        step (str):
        duration_ms (int):
    """

    step: str
    duration_ms: int

    def to_dict(self) -> dict[str, Any]:
        step = self.step

        duration_ms = self.duration_ms

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "step": step,
                "durationMs": duration_ms,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        step = d.pop("step")

        duration_ms = d.pop("durationMs")

        resume_step = cls(
            step=step,
            duration_ms=duration_ms,
        )

        return resume_step
