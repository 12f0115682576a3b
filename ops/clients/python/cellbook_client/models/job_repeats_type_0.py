from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="JobRepeatsType0")


@_attrs_define
class JobRepeatsType0:
    """
    Attributes:
        first (str):
        run (int):
    """

    first: str
    run: int

    def to_dict(self) -> dict[str, Any]:
        first = self.first

        run = self.run

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "first": first,
                "run": run,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        first = d.pop("first")

        run = d.pop("run")

        job_repeats_type_0 = cls(
            first=first,
            run=run,
        )

        return job_repeats_type_0
