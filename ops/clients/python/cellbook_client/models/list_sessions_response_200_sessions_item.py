from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="ListSessionsResponse200SessionsItem")


@_attrs_define
class ListSessionsResponse200SessionsItem:
    """
    Attributes:
        id (str):
        org_id (str):
        provider (str):
        browser (str):
        address (str):
        is_this (bool):
        created_at (datetime.datetime):
        last_seen_at (datetime.datetime):
        expires_at (datetime.datetime):
    """

    id: str
    org_id: str
    provider: str
    browser: str
    address: str
    is_this: bool
    created_at: datetime.datetime
    last_seen_at: datetime.datetime
    expires_at: datetime.datetime

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        org_id = self.org_id

        provider = self.provider

        browser = self.browser

        address = self.address

        is_this = self.is_this

        created_at = self.created_at.isoformat()

        last_seen_at = self.last_seen_at.isoformat()

        expires_at = self.expires_at.isoformat()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "orgId": org_id,
                "provider": provider,
                "browser": browser,
                "address": address,
                "isThis": is_this,
                "createdAt": created_at,
                "lastSeenAt": last_seen_at,
                "expiresAt": expires_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        id = d.pop("id")

        org_id = d.pop("orgId")

        provider = d.pop("provider")

        browser = d.pop("browser")

        address = d.pop("address")

        is_this = d.pop("isThis")

        created_at = datetime.datetime.fromisoformat(d.pop("createdAt"))

        last_seen_at = datetime.datetime.fromisoformat(d.pop("lastSeenAt"))

        expires_at = datetime.datetime.fromisoformat(d.pop("expiresAt"))

        list_sessions_response_200_sessions_item = cls(
            id=id,
            org_id=org_id,
            provider=provider,
            browser=browser,
            address=address,
            is_this=is_this,
            created_at=created_at,
            last_seen_at=last_seen_at,
            expires_at=expires_at,
        )

        return list_sessions_response_200_sessions_item
