from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.job_log_attempts_item import JobLogAttemptsItem


T = TypeVar("T", bound="JobLog")


@_attrs_define
class JobLog:
    """
    Attributes:
        attempts (list[JobLogAttemptsItem]):
    """

    attempts: list[JobLogAttemptsItem]

    def to_dict(self) -> dict[str, Any]:
        attempts = []
        for attempts_item_data in self.attempts:
            attempts_item = attempts_item_data.to_dict()
            attempts.append(attempts_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "attempts": attempts,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.job_log_attempts_item import JobLogAttemptsItem

        d = dict(src_dict)
        attempts = []
        _attempts = d.pop("attempts")
        for attempts_item_data in _attempts:
            attempts_item = JobLogAttemptsItem.from_dict(attempts_item_data)

            attempts.append(attempts_item)

        job_log = cls(
            attempts=attempts,
        )

        return job_log
