from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.finding import Finding


T = TypeVar("T", bound="FlaggedFile")


@_attrs_define
class FlaggedFile:
    """
    Attributes:
        path (str):
        saved_at (datetime.datetime):
        findings (list[Finding]):
    """

    path: str
    saved_at: datetime.datetime
    findings: list[Finding]

    def to_dict(self) -> dict[str, Any]:
        path = self.path

        saved_at = self.saved_at.isoformat()

        findings = []
        for findings_item_data in self.findings:
            findings_item = findings_item_data.to_dict()
            findings.append(findings_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "path": path,
                "savedAt": saved_at,
                "findings": findings,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.finding import Finding

        d = dict(src_dict)
        path = d.pop("path")

        saved_at = datetime.datetime.fromisoformat(d.pop("savedAt"))

        findings = []
        _findings = d.pop("findings")
        for findings_item_data in _findings:
            findings_item = Finding.from_dict(findings_item_data)

            findings.append(findings_item)

        flagged_file = cls(
            path=path,
            saved_at=saved_at,
            findings=findings,
        )

        return flagged_file
