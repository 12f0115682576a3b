from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.file_diff_type_2_kind import FileDiffType2Kind

T = TypeVar("T", bound="FileDiffType2")


@_attrs_define
class FileDiffType2:
    """
    Attributes:
        kind (FileDiffType2Kind):
        same (bool):
        from_bytes (int):
        to_bytes (int):
    """

    kind: FileDiffType2Kind
    same: bool
    from_bytes: int
    to_bytes: int

    def to_dict(self) -> dict[str, Any]:
        kind = self.kind.value

        same = self.same

        from_bytes = self.from_bytes

        to_bytes = self.to_bytes

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "kind": kind,
                "same": same,
                "fromBytes": from_bytes,
                "toBytes": to_bytes,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        kind = FileDiffType2Kind(d.pop("kind"))

        same = d.pop("same")

        from_bytes = d.pop("fromBytes")

        to_bytes = d.pop("toBytes")

        file_diff_type_2 = cls(
            kind=kind,
            same=same,
            from_bytes=from_bytes,
            to_bytes=to_bytes,
        )

        return file_diff_type_2
