from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="Version")


@_attrs_define
class Version:
    """
    Attributes:
        id (str):
        saved_at (datetime.datetime):
        saved_by (None | str):
        size_bytes (int):
    """

    id: str
    saved_at: datetime.datetime
    saved_by: None | str
    size_bytes: int

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        saved_at = self.saved_at.isoformat()

        saved_by: None | str
        saved_by = self.saved_by

        size_bytes = self.size_bytes

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "savedAt": saved_at,
                "savedBy": saved_by,
                "sizeBytes": size_bytes,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        id = d.pop("id")

        saved_at = datetime.datetime.fromisoformat(d.pop("savedAt"))

        def _parse_saved_by(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        saved_by = _parse_saved_by(d.pop("savedBy"))

        size_bytes = d.pop("sizeBytes")

        version = cls(
            id=id,
            saved_at=saved_at,
            saved_by=saved_by,
            size_bytes=size_bytes,
        )

        return version
