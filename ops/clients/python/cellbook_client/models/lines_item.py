from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.lines_item_op import LinesItemOp

T = TypeVar("T", bound="LinesItem")


@_attrs_define
class LinesItem:
    """
    Attributes:
        op (LinesItemOp):
        text (str):
    """

    op: LinesItemOp
    text: str

    def to_dict(self) -> dict[str, Any]:
        op = self.op.value

        text = self.text

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "op": op,
                "text": text,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        op = LinesItemOp(d.pop("op"))

        text = d.pop("text")

        lines_item = cls(
            op=op,
            text=text,
        )

        return lines_item
