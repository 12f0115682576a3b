from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.file_diff_type_0_kind import FileDiffType0Kind

if TYPE_CHECKING:
    from ..models.cell_diff import CellDiff


T = TypeVar("T", bound="FileDiffType0")


@_attrs_define
class FileDiffType0:
    """
    Attributes:
        kind (FileDiffType0Kind):
        cells (list[CellDiff]):
        metadata_changed (list[str]):
    """

    kind: FileDiffType0Kind
    cells: list[CellDiff]
    metadata_changed: list[str]

    def to_dict(self) -> dict[str, Any]:
        kind = self.kind.value

        cells = []
        for cells_item_data in self.cells:
            cells_item = cells_item_data.to_dict()
            cells.append(cells_item)

        metadata_changed = self.metadata_changed

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "kind": kind,
                "cells": cells,
                "metadataChanged": metadata_changed,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.cell_diff import CellDiff

        d = dict(src_dict)
        kind = FileDiffType0Kind(d.pop("kind"))

        cells = []
        _cells = d.pop("cells")
        for cells_item_data in _cells:
            cells_item = CellDiff.from_dict(cells_item_data)

            cells.append(cells_item)

        metadata_changed = cast(list[str], d.pop("metadataChanged"))

        file_diff_type_0 = cls(
            kind=kind,
            cells=cells,
            metadata_changed=metadata_changed,
        )

        return file_diff_type_0
