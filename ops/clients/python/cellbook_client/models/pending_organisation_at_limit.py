from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.pending_organisation_at_limit_code import PendingOrganisationAtLimitCode

T = TypeVar("T", bound="PendingOrganisationAtLimit")


@_attrs_define
class PendingOrganisationAtLimit:
    """
    Attributes:
        code (PendingOrganisationAtLimitCode):
        running (int):
        limit (int):
    """

    code: PendingOrganisationAtLimitCode
    running: int
    limit: int

    def to_dict(self) -> dict[str, Any]:
        code = self.code.value

        running = self.running

        limit = self.limit

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "code": code,
                "running": running,
                "limit": limit,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        code = PendingOrganisationAtLimitCode(d.pop("code"))

        running = d.pop("running")

        limit = d.pop("limit")

        pending_organisation_at_limit = cls(
            code=code,
            running=running,
            limit=limit,
        )

        return pending_organisation_at_limit
