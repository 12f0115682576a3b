from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="LockedPackage")


@_attrs_define
class LockedPackage:
    """
    Attributes:
        name (str):
        version (str):
        record (None | str):
        url (None | str):
    """

    name: str
    version: str
    record: None | str
    url: None | str

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        version = self.version

        record: None | str
        record = self.record

        url: None | str
        url = self.url

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "version": version,
                "record": record,
                "url": url,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        name = d.pop("name")

        version = d.pop("version")

        def _parse_record(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        record = _parse_record(d.pop("record"))

        def _parse_url(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        url = _parse_url(d.pop("url"))

        locked_package = cls(
            name=name,
            version=version,
            record=record,
            url=url,
        )

        return locked_package
