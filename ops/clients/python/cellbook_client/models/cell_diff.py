from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.cell_diff_op import CellDiffOp

if TYPE_CHECKING:
    from ..models.lines_item import LinesItem


T = TypeVar("T", bound="CellDiff")


@_attrs_define
class CellDiff:
    """
    Attributes:
        op (CellDiffOp):
        cell_type (str):
        from_ (int | None):
        to (int | None):
        cell_id (None | str):
        source (list[LinesItem] | None):
        outputs_changed (bool):
        metadata_changed (list[str]):
    """

    op: CellDiffOp
    cell_type: str
    from_: int | None
    to: int | None
    cell_id: None | str
    source: list[LinesItem] | None
    outputs_changed: bool
    metadata_changed: list[str]

    def to_dict(self) -> dict[str, Any]:
        op = self.op.value

        cell_type = self.cell_type

        from_: int | None
        from_ = self.from_

        to: int | None
        to = self.to

        cell_id: None | str
        cell_id = self.cell_id

        source: list[dict[str, Any]] | None
        if isinstance(self.source, list):
            source = []
            for componentsschemas_lines_item_data in self.source:
                componentsschemas_lines_item = (
                    componentsschemas_lines_item_data.to_dict()
                )
                source.append(componentsschemas_lines_item)

        else:
            source = self.source

        outputs_changed = self.outputs_changed

        metadata_changed = self.metadata_changed

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "op": op,
                "cellType": cell_type,
                "from": from_,
                "to": to,
                "cellId": cell_id,
                "source": source,
                "outputsChanged": outputs_changed,
                "metadataChanged": metadata_changed,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.lines_item import LinesItem

        d = dict(src_dict)
        op = CellDiffOp(d.pop("op"))

        cell_type = d.pop("cellType")

        def _parse_from_(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        from_ = _parse_from_(d.pop("from"))

        def _parse_to(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        to = _parse_to(d.pop("to"))

        def _parse_cell_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        cell_id = _parse_cell_id(d.pop("cellId"))

        def _parse_source(data: object) -> list[LinesItem] | None:
            if data is None:
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                source_type_0 = []
                _source_type_0 = data
                for componentsschemas_lines_item_data in _source_type_0:
                    componentsschemas_lines_item = LinesItem.from_dict(
                        componentsschemas_lines_item_data
                    )

                    source_type_0.append(componentsschemas_lines_item)

                return source_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[LinesItem] | None, data)

        source = _parse_source(d.pop("source"))

        outputs_changed = d.pop("outputsChanged")

        metadata_changed = cast(list[str], d.pop("metadataChanged"))

        cell_diff = cls(
            op=op,
            cell_type=cell_type,
            from_=from_,
            to=to,
            cell_id=cell_id,
            source=source,
            outputs_changed=outputs_changed,
            metadata_changed=metadata_changed,
        )

        return cell_diff
