from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="JobQueueSpend")


@_attrs_define
class JobQueueSpend:
    """
    Attributes:
        month (str):
        reserved_micros (int):
        spent_micros (int):
        cap_micros (int):
    """

    month: str
    reserved_micros: int
    spent_micros: int
    cap_micros: int

    def to_dict(self) -> dict[str, Any]:
        month = self.month

        reserved_micros = self.reserved_micros

        spent_micros = self.spent_micros

        cap_micros = self.cap_micros

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "month": month,
                "reservedMicros": reserved_micros,
                "spentMicros": spent_micros,
                "capMicros": cap_micros,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        month = d.pop("month")

        reserved_micros = d.pop("reservedMicros")

        spent_micros = d.pop("spentMicros")

        cap_micros = d.pop("capMicros")

        job_queue_spend = cls(
            month=month,
            reserved_micros=reserved_micros,
            spent_micros=spent_micros,
            cap_micros=cap_micros,
        )

        return job_queue_spend
