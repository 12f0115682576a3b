from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.finding_part import FindingPart

T = TypeVar("T", bound="Finding")


@_attrs_define
class Finding:
    """
    Attributes:
        rule (str):
        cell (int | None):
        part (FindingPart):
        line (int):
        hint (str):
    """

    rule: str
    cell: int | None
    part: FindingPart
    line: int
    hint: str

    def to_dict(self) -> dict[str, Any]:
        rule = self.rule

        cell: int | None
        cell = self.cell

        part = self.part.value

        line = self.line

        hint = self.hint

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "rule": rule,
                "cell": cell,
                "part": part,
                "line": line,
                "hint": hint,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        rule = d.pop("rule")

        def _parse_cell(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        cell = _parse_cell(d.pop("cell"))

        part = FindingPart(d.pop("part"))

        line = d.pop("line")

        hint = d.pop("hint")

        finding = cls(
            rule=rule,
            cell=cell,
            part=part,
            line=line,
            hint=hint,
        )

        return finding
