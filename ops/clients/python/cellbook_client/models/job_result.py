from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="JobResult")


@_attrs_define
class JobResult:
    """
    Attributes:
        url (str):
        expires_at (datetime.datetime):
        bytes_ (float):
        name (str):
        content_type (str):
    """

    url: str
    expires_at: datetime.datetime
    bytes_: float
    name: str
    content_type: str

    def to_dict(self) -> dict[str, Any]:
        url = self.url

        expires_at = self.expires_at.isoformat()

        bytes_ = self.bytes_

        name = self.name

        content_type = self.content_type

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "url": url,
                "expiresAt": expires_at,
                "bytes": bytes_,
                "name": name,
                "contentType": content_type,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        url = d.pop("url")

        expires_at = datetime.datetime.fromisoformat(d.pop("expiresAt"))

        bytes_ = d.pop("bytes")

        name = d.pop("name")

        content_type = d.pop("contentType")

        job_result = cls(
            url=url,
            expires_at=expires_at,
            bytes_=bytes_,
            name=name,
            content_type=content_type,
        )

        return job_result
