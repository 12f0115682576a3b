from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="GpuContainedVersionsItem")


@_attrs_define
class GpuContainedVersionsItem:
    """
    Attributes:
        binary (str):
        stable (str):
        candidate (None | str):
        permille (int):
        since (datetime.datetime):
        withdrawn (list[str]):
    """

    binary: str
    stable: str
    candidate: None | str
    permille: int
    since: datetime.datetime
    withdrawn: list[str]

    def to_dict(self) -> dict[str, Any]:
        binary = self.binary

        stable = self.stable

        candidate: None | str
        candidate = self.candidate

        permille = self.permille

        since = self.since.isoformat()

        withdrawn = self.withdrawn

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "binary": binary,
                "stable": stable,
                "candidate": candidate,
                "permille": permille,
                "since": since,
                "withdrawn": withdrawn,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        binary = d.pop("binary")

        stable = d.pop("stable")

        def _parse_candidate(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        candidate = _parse_candidate(d.pop("candidate"))

        permille = d.pop("permille")

        since = datetime.datetime.fromisoformat(d.pop("since"))

        withdrawn = cast(list[str], d.pop("withdrawn"))

        gpu_contained_versions_item = cls(
            binary=binary,
            stable=stable,
            candidate=candidate,
            permille=permille,
            since=since,
            withdrawn=withdrawn,
        )

        return gpu_contained_versions_item
