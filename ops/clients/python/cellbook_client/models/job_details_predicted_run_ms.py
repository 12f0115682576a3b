from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="JobDetailsPredictedRunMs")


@_attrs_define
class JobDetailsPredictedRunMs:
    """
    Attributes:
        p50 (float):
        p95 (float):
        seen (int):
    """

    p50: float
    p95: float
    seen: int

    def to_dict(self) -> dict[str, Any]:
        p50 = self.p50

        p95 = self.p95

        seen = self.seen

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "p50": p50,
                "p95": p95,
                "seen": seen,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        p50 = d.pop("p50")

        p95 = d.pop("p95")

        seen = d.pop("seen")

        job_details_predicted_run_ms = cls(
            p50=p50,
            p95=p95,
            seen=seen,
        )

        return job_details_predicted_run_ms
