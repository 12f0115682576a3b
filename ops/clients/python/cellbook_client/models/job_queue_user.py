from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="JobQueueUser")


@_attrs_define
class JobQueueUser:
    """
    Attributes:
        unfinished (int):
        limit (int):
    """

    unfinished: int
    limit: int

    def to_dict(self) -> dict[str, Any]:
        unfinished = self.unfinished

        limit = self.limit

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "unfinished": unfinished,
                "limit": limit,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        unfinished = d.pop("unfinished")

        limit = d.pop("limit")

        job_queue_user = cls(
            unfinished=unfinished,
            limit=limit,
        )

        return job_queue_user
