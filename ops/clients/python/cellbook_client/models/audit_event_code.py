from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="AuditEventCode")


@_attrs_define
class AuditEventCode:
    """
    Attributes:
        text (str):
        bytes_ (int):
        sha256 (str):
    """

    text: str
    bytes_: int
    sha256: str

    def to_dict(self) -> dict[str, Any]:
        text = self.text

        bytes_ = self.bytes_

        sha256 = self.sha256

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "text": text,
                "bytes": bytes_,
                "sha256": sha256,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        text = d.pop("text")

        bytes_ = d.pop("bytes")

        sha256 = d.pop("sha256")

        audit_event_code = cls(
            text=text,
            bytes_=bytes_,
            sha256=sha256,
        )

        return audit_event_code
