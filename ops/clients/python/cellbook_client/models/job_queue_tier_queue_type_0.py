from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="JobQueueTierQueueType0")


@_attrs_define
class JobQueueTierQueueType0:
    """
    Attributes:
        waiting (int):
        expected_wait_ms (float | None):
        is_shedding (bool):
        at (datetime.datetime):
    """

    waiting: int
    expected_wait_ms: float | None
    is_shedding: bool
    at: datetime.datetime

    def to_dict(self) -> dict[str, Any]:
        waiting = self.waiting

        expected_wait_ms: float | None
        expected_wait_ms = self.expected_wait_ms

        is_shedding = self.is_shedding

        at = self.at.isoformat()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "waiting": waiting,
                "expectedWaitMs": expected_wait_ms,
                "isShedding": is_shedding,
                "at": at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        waiting = d.pop("waiting")

        def _parse_expected_wait_ms(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        expected_wait_ms = _parse_expected_wait_ms(d.pop("expectedWaitMs"))

        is_shedding = d.pop("isShedding")

        at = datetime.datetime.fromisoformat(d.pop("at"))

        job_queue_tier_queue_type_0 = cls(
            waiting=waiting,
            expected_wait_ms=expected_wait_ms,
            is_shedding=is_shedding,
            at=at,
        )

        return job_queue_tier_queue_type_0
