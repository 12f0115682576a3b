from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.recover_report_done_item_action import RecoverReportDoneItemAction

T = TypeVar("T", bound="RecoverReportDoneItem")


@_attrs_define
class RecoverReportDoneItem:
    """
    Attributes:
        action (RecoverReportDoneItemAction):
        detail (str):
    """

    action: RecoverReportDoneItemAction
    detail: str

    def to_dict(self) -> dict[str, Any]:
        action = self.action.value

        detail = self.detail

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "action": action,
                "detail": detail,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        action = RecoverReportDoneItemAction(d.pop("action"))

        detail = d.pop("detail")

        recover_report_done_item = cls(
            action=action,
            detail=detail,
        )

        return recover_report_done_item
