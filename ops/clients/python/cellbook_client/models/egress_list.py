from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.egress_connection import EgressConnection


T = TypeVar("T", bound="EgressList")


@_attrs_define
class EgressList:
    """
    Attributes:
        connections (list[EgressConnection]):
    """

    connections: list[EgressConnection]

    def to_dict(self) -> dict[str, Any]:
        connections = []
        for connections_item_data in self.connections:
            connections_item = connections_item_data.to_dict()
            connections.append(connections_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "connections": connections,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.egress_connection import EgressConnection

        d = dict(src_dict)
        connections = []
        _connections = d.pop("connections")
        for connections_item_data in _connections:
            connections_item = EgressConnection.from_dict(connections_item_data)

            connections.append(connections_item)

        egress_list = cls(
            connections=connections,
        )

        return egress_list
