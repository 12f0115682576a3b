from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.member_role import MemberRole

T = TypeVar("T", bound="ServiceAccount")


@_attrs_define
class ServiceAccount:
    """
    Attributes:
        id (str):
        org_id (str):
        name (str):
        role (MemberRole):
        region (str):
        created_by (str):
        created_at (datetime.datetime):
        disabled_at (datetime.datetime | None):
    """

    id: str
    org_id: str
    name: str
    role: MemberRole
    region: str
    created_by: str
    created_at: datetime.datetime
    disabled_at: datetime.datetime | None

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        org_id = self.org_id

        name = self.name

        role = self.role.value

        region = self.region

        created_by = self.created_by

        created_at = self.created_at.isoformat()

        disabled_at: None | str
        if isinstance(self.disabled_at, datetime.datetime):
            disabled_at = self.disabled_at.isoformat()
        else:
            disabled_at = self.disabled_at

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "orgId": org_id,
                "name": name,
                "role": role,
                "region": region,
                "createdBy": created_by,
                "createdAt": created_at,
                "disabledAt": disabled_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        id = d.pop("id")

        org_id = d.pop("orgId")

        name = d.pop("name")

        role = MemberRole(d.pop("role"))

        region = d.pop("region")

        created_by = d.pop("createdBy")

        created_at = datetime.datetime.fromisoformat(d.pop("createdAt"))

        def _parse_disabled_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                disabled_at_type_0 = datetime.datetime.fromisoformat(data)

                return disabled_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        disabled_at = _parse_disabled_at(d.pop("disabledAt"))

        service_account = cls(
            id=id,
            org_id=org_id,
            name=name,
            role=role,
            region=region,
            created_by=created_by,
            created_at=created_at,
            disabled_at=disabled_at,
        )

        return service_account
