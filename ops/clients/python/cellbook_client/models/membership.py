from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.member_role import MemberRole
from ..models.membership_kind import MembershipKind
from ..models.tier import Tier

T = TypeVar("T", bound="Membership")


@_attrs_define
class Membership:
    """
    Attributes:
        id (str):
        name (str):
        kind (MembershipKind):
        tier (Tier):
        region (None | str):
        email_domain (None | str):
        created_at (datetime.datetime):
        role (MemberRole):
        is_active (bool):
    """

    id: str
    name: str
    kind: MembershipKind
    tier: Tier
    region: None | str
    email_domain: None | str
    created_at: datetime.datetime
    role: MemberRole
    is_active: bool

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        name = self.name

        kind = self.kind.value

        tier = self.tier.value

        region: None | str
        region = self.region

        email_domain: None | str
        email_domain = self.email_domain

        created_at = self.created_at.isoformat()

        role = self.role.value

        is_active = self.is_active

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "name": name,
                "kind": kind,
                "tier": tier,
                "region": region,
                "emailDomain": email_domain,
                "createdAt": created_at,
                "role": role,
                "isActive": is_active,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        id = d.pop("id")

        name = d.pop("name")

        kind = MembershipKind(d.pop("kind"))

        tier = Tier(d.pop("tier"))

        def _parse_region(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        region = _parse_region(d.pop("region"))

        def _parse_email_domain(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        email_domain = _parse_email_domain(d.pop("emailDomain"))

        created_at = datetime.datetime.fromisoformat(d.pop("createdAt"))

        role = MemberRole(d.pop("role"))

        is_active = d.pop("isActive")

        membership = cls(
            id=id,
            name=name,
            kind=kind,
            tier=tier,
            region=region,
            email_domain=email_domain,
            created_at=created_at,
            role=role,
            is_active=is_active,
        )

        return membership
