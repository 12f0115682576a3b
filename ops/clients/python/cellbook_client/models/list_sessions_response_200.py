from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.list_sessions_response_200_sessions_item import (
        ListSessionsResponse200SessionsItem,
    )


T = TypeVar("T", bound="ListSessionsResponse200")


@_attrs_define
class ListSessionsResponse200:
    """
    Attributes:
        sessions (list[ListSessionsResponse200SessionsItem]):
    """

    sessions: list[ListSessionsResponse200SessionsItem]

    def to_dict(self) -> dict[str, Any]:
        sessions = []
        for sessions_item_data in self.sessions:
            sessions_item = sessions_item_data.to_dict()
            sessions.append(sessions_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "sessions": sessions,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.list_sessions_response_200_sessions_item import (
            ListSessionsResponse200SessionsItem,
        )

        d = dict(src_dict)
        sessions = []
        _sessions = d.pop("sessions")
        for sessions_item_data in _sessions:
            sessions_item = ListSessionsResponse200SessionsItem.from_dict(
                sessions_item_data
            )

            sessions.append(sessions_item)

        list_sessions_response_200 = cls(
            sessions=sessions,
        )

        return list_sessions_response_200
