from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.recover_report_done_item import RecoverReportDoneItem
    from ..models.recover_report_found_item import RecoverReportFoundItem
    from ..models.workspace import Workspace


T = TypeVar("T", bound="RecoverReport")


@_attrs_define
class RecoverReport:
    """
    Attributes:
        found (list[RecoverReportFoundItem]):
        done (list[RecoverReportDoneItem]):
        settled (bool):
        workspace (Workspace):
    """

    found: list[RecoverReportFoundItem]
    done: list[RecoverReportDoneItem]
    settled: bool
    workspace: Workspace

    def to_dict(self) -> dict[str, Any]:
        found = []
        for found_item_data in self.found:
            found_item = found_item_data.to_dict()
            found.append(found_item)

        done = []
        for done_item_data in self.done:
            done_item = done_item_data.to_dict()
            done.append(done_item)

        settled = self.settled

        workspace = self.workspace.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "found": found,
                "done": done,
                "settled": settled,
                "workspace": workspace,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.recover_report_done_item import RecoverReportDoneItem
        from ..models.recover_report_found_item import RecoverReportFoundItem
        from ..models.workspace import Workspace

        d = dict(src_dict)
        found = []
        _found = d.pop("found")
        for found_item_data in _found:
            found_item = RecoverReportFoundItem.from_dict(found_item_data)

            found.append(found_item)

        done = []
        _done = d.pop("done")
        for done_item_data in _done:
            done_item = RecoverReportDoneItem.from_dict(done_item_data)

            done.append(done_item)

        settled = d.pop("settled")

        workspace = Workspace.from_dict(d.pop("workspace"))

        recover_report = cls(
            found=found,
            done=done,
            settled=settled,
            workspace=workspace,
        )

        return recover_report
