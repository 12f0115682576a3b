from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="EnvironmentPreviousType0")


@_attrs_define
class EnvironmentPreviousType0:
    """
    Attributes:
        digest (None | str):
        packages (int):
        stored_at (datetime.datetime):
    """

    digest: None | str
    packages: int
    stored_at: datetime.datetime

    def to_dict(self) -> dict[str, Any]:
        digest: None | str
        digest = self.digest

        packages = self.packages

        stored_at = self.stored_at.isoformat()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "digest": digest,
                "packages": packages,
                "storedAt": stored_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)

        def _parse_digest(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        digest = _parse_digest(d.pop("digest"))

        packages = d.pop("packages")

        stored_at = datetime.datetime.fromisoformat(d.pop("storedAt"))

        environment_previous_type_0 = cls(
            digest=digest,
            packages=packages,
            stored_at=stored_at,
        )

        return environment_previous_type_0
