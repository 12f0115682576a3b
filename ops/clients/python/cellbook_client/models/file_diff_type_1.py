from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.file_diff_type_1_kind import FileDiffType1Kind

if TYPE_CHECKING:
    from ..models.lines_item import LinesItem


T = TypeVar("T", bound="FileDiffType1")


@_attrs_define
class FileDiffType1:
    """
    Attributes:
        kind (FileDiffType1Kind):
        lines (list[LinesItem]):
    """

    kind: FileDiffType1Kind
    lines: list[LinesItem]

    def to_dict(self) -> dict[str, Any]:
        kind = self.kind.value

        lines = []
        for componentsschemas_lines_item_data in self.lines:
            componentsschemas_lines_item = componentsschemas_lines_item_data.to_dict()
            lines.append(componentsschemas_lines_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "kind": kind,
                "lines": lines,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.lines_item import LinesItem

        d = dict(src_dict)
        kind = FileDiffType1Kind(d.pop("kind"))

        lines = []
        _lines = d.pop("lines")
        for componentsschemas_lines_item_data in _lines:
            componentsschemas_lines_item = LinesItem.from_dict(
                componentsschemas_lines_item_data
            )

            lines.append(componentsschemas_lines_item)

        file_diff_type_1 = cls(
            kind=kind,
            lines=lines,
        )

        return file_diff_type_1
