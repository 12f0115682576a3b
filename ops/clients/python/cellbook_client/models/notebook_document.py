from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.notebook_document_nbformat import NotebookDocumentNbformat

if TYPE_CHECKING:
    from ..models.notebook_cell import NotebookCell


T = TypeVar("T", bound="NotebookDocument")


@_attrs_define
class NotebookDocument:
    """
    Attributes:
        cells (list[NotebookCell]):
        nbformat (NotebookDocumentNbformat):
    """

    cells: list[NotebookCell]
    nbformat: NotebookDocumentNbformat
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        cells = []
        for cells_item_data in self.cells:
            cells_item = cells_item_data.to_dict()
            cells.append(cells_item)

        nbformat = self.nbformat.value

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "cells": cells,
                "nbformat": nbformat,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.notebook_cell import NotebookCell

        d = dict(src_dict)
        cells = []
        _cells = d.pop("cells")
        for cells_item_data in _cells:
            cells_item = NotebookCell.from_dict(cells_item_data)

            cells.append(cells_item)

        nbformat = NotebookDocumentNbformat(d.pop("nbformat"))

        notebook_document = cls(
            cells=cells,
            nbformat=nbformat,
        )

        notebook_document.additional_properties = d
        return notebook_document

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
