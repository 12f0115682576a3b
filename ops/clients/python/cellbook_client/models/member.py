from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.member_role import MemberRole

T = TypeVar("T", bound="Member")


@_attrs_define
class Member:
    """
    Attributes:
        user_id (str):
        name (str):
        email (None | str):
        role (MemberRole):
        is_you (bool):
        since (datetime.datetime):
    """

    user_id: str
    name: str
    email: None | str
    role: MemberRole
    is_you: bool
    since: datetime.datetime

    def to_dict(self) -> dict[str, Any]:
        user_id = self.user_id

        name = self.name

        email: None | str
        email = self.email

        role = self.role.value

        is_you = self.is_you

        since = self.since.isoformat()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "userId": user_id,
                "name": name,
                "email": email,
                "role": role,
                "isYou": is_you,
                "since": since,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        user_id = d.pop("userId")

        name = d.pop("name")

        def _parse_email(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        email = _parse_email(d.pop("email"))

        role = MemberRole(d.pop("role"))

        is_you = d.pop("isYou")

        since = datetime.datetime.fromisoformat(d.pop("since"))

        member = cls(
            user_id=user_id,
            name=name,
            email=email,
            role=role,
            is_you=is_you,
            since=since,
        )

        return member
