from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.cell_view import CellView


T = TypeVar("T", bound="CellList")


@_attrs_define
class CellList:
    """
    Attributes:
        pin_epoch (int):
        rollout_buckets (int | None):
        cells (list[CellView]):
    """

    pin_epoch: int
    rollout_buckets: int | None
    cells: list[CellView]

    def to_dict(self) -> dict[str, Any]:
        pin_epoch = self.pin_epoch

        rollout_buckets: int | None
        rollout_buckets = self.rollout_buckets

        cells = []
        for cells_item_data in self.cells:
            cells_item = cells_item_data.to_dict()
            cells.append(cells_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "pinEpoch": pin_epoch,
                "rolloutBuckets": rollout_buckets,
                "cells": cells,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.cell_view import CellView

        d = dict(src_dict)
        pin_epoch = d.pop("pinEpoch")

        def _parse_rollout_buckets(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        rollout_buckets = _parse_rollout_buckets(d.pop("rolloutBuckets"))

        cells = []
        _cells = d.pop("cells")
        for cells_item_data in _cells:
            cells_item = CellView.from_dict(cells_item_data)

            cells.append(cells_item)

        cell_list = cls(
            pin_epoch=pin_epoch,
            rollout_buckets=rollout_buckets,
            cells=cells,
        )

        return cell_list
