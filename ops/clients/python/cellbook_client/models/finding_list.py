from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.flagged_file import FlaggedFile


T = TypeVar("T", bound="FindingList")


@_attrs_define
class FindingList:
    """
    Attributes:
        files (list[FlaggedFile]):
    """

    files: list[FlaggedFile]

    def to_dict(self) -> dict[str, Any]:
        files = []
        for files_item_data in self.files:
            files_item = files_item_data.to_dict()
            files.append(files_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "files": files,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.flagged_file import FlaggedFile

        d = dict(src_dict)
        files = []
        _files = d.pop("files")
        for files_item_data in _files:
            files_item = FlaggedFile.from_dict(files_item_data)

            files.append(files_item)

        finding_list = cls(
            files=files,
        )

        return finding_list
