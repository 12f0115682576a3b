from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="JobDetailsResultType0")


@_attrs_define
class JobDetailsResultType0:
    """
    Attributes:
        bytes_ (float):
        name (str):
        content_type (str):
        fetchable_until (datetime.datetime):
    """

    bytes_: float
    name: str
    content_type: str
    fetchable_until: datetime.datetime

    def to_dict(self) -> dict[str, Any]:
        bytes_ = self.bytes_

        name = self.name

        content_type = self.content_type

        fetchable_until = self.fetchable_until.isoformat()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "bytes": bytes_,
                "name": name,
                "contentType": content_type,
                "fetchableUntil": fetchable_until,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        bytes_ = d.pop("bytes")

        name = d.pop("name")

        content_type = d.pop("contentType")

        fetchable_until = datetime.datetime.fromisoformat(d.pop("fetchableUntil"))

        job_details_result_type_0 = cls(
            bytes_=bytes_,
            name=name,
            content_type=content_type,
            fetchable_until=fetchable_until,
        )

        return job_details_result_type_0
