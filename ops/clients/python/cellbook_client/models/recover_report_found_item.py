from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.recover_report_found_item_state import RecoverReportFoundItemState

T = TypeVar("T", bound="RecoverReportFoundItem")


@_attrs_define
class RecoverReportFoundItem:
    """
    Attributes:
        state (RecoverReportFoundItemState):
        detail (str):
    """

    state: RecoverReportFoundItemState
    detail: str

    def to_dict(self) -> dict[str, Any]:
        state = self.state.value

        detail = self.detail

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "state": state,
                "detail": detail,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        state = RecoverReportFoundItemState(d.pop("state"))

        detail = d.pop("detail")

        recover_report_found_item = cls(
            state=state,
            detail=detail,
        )

        return recover_report_found_item
