from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.metered_by import MeteredBy
from ..models.metered_group import MeteredGroup

if TYPE_CHECKING:
    from ..models.metered_row import MeteredRow


T = TypeVar("T", bound="Metered")


@_attrs_define
class Metered:
    """
    Attributes:
        from_ (datetime.datetime):
        to (datetime.datetime):
        by (MeteredBy):
        group (MeteredGroup):
        rows (list[MeteredRow]):
        missing (list[str]):
    """

    from_: datetime.datetime
    to: datetime.datetime
    by: MeteredBy
    group: MeteredGroup
    rows: list[MeteredRow]
    missing: list[str]

    def to_dict(self) -> dict[str, Any]:
        from_ = self.from_.isoformat()

        to = self.to.isoformat()

        by = self.by.value

        group = self.group.value

        rows = []
        for rows_item_data in self.rows:
            rows_item = rows_item_data.to_dict()
            rows.append(rows_item)

        missing = self.missing

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "from": from_,
                "to": to,
                "by": by,
                "group": group,
                "rows": rows,
                "missing": missing,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.metered_row import MeteredRow

        d = dict(src_dict)
        from_ = datetime.datetime.fromisoformat(d.pop("from"))

        to = datetime.datetime.fromisoformat(d.pop("to"))

        by = MeteredBy(d.pop("by"))

        group = MeteredGroup(d.pop("group"))

        rows = []
        _rows = d.pop("rows")
        for rows_item_data in _rows:
            rows_item = MeteredRow.from_dict(rows_item_data)

            rows.append(rows_item)

        missing = cast(list[str], d.pop("missing"))

        metered = cls(
            from_=from_,
            to=to,
            by=by,
            group=group,
            rows=rows,
            missing=missing,
        )

        return metered
