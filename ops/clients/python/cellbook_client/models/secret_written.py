from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="SecretWritten")


@_attrs_define
class SecretWritten:
    """
    Attributes:
        name (str):
        updated_at (datetime.datetime):
        sandboxes_updated (int):
        sandboxes_missed (int):
        takes_effect (str):
    """

    name: str
    updated_at: datetime.datetime
    sandboxes_updated: int
    sandboxes_missed: int
    takes_effect: str

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        updated_at = self.updated_at.isoformat()

        sandboxes_updated = self.sandboxes_updated

        sandboxes_missed = self.sandboxes_missed

        takes_effect = self.takes_effect

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "updatedAt": updated_at,
                "sandboxesUpdated": sandboxes_updated,
                "sandboxesMissed": sandboxes_missed,
                "takesEffect": takes_effect,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        name = d.pop("name")

        updated_at = datetime.datetime.fromisoformat(d.pop("updatedAt"))

        sandboxes_updated = d.pop("sandboxesUpdated")

        sandboxes_missed = d.pop("sandboxesMissed")

        takes_effect = d.pop("takesEffect")

        secret_written = cls(
            name=name,
            updated_at=updated_at,
            sandboxes_updated=sandboxes_updated,
            sandboxes_missed=sandboxes_missed,
            takes_effect=takes_effect,
        )

        return secret_written
