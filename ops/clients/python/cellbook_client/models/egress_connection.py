from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.egress_connection_result import EgressConnectionResult

T = TypeVar("T", bound="EgressConnection")


@_attrs_define
class EgressConnection:
    """
    Attributes:
        started_at (datetime.datetime):
        duration_ms (int):
        host (str):
        port (int):
        address (None | str):
        result (EgressConnectionResult):
        bytes_up (int):
        bytes_down (int):
    """

    started_at: datetime.datetime
    duration_ms: int
    host: str
    port: int
    address: None | str
    result: EgressConnectionResult
    bytes_up: int
    bytes_down: int

    def to_dict(self) -> dict[str, Any]:
        started_at = self.started_at.isoformat()

        duration_ms = self.duration_ms

        host = self.host

        port = self.port

        address: None | str
        address = self.address

        result = self.result.value

        bytes_up = self.bytes_up

        bytes_down = self.bytes_down

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "startedAt": started_at,
                "durationMs": duration_ms,
                "host": host,
                "port": port,
                "address": address,
                "result": result,
                "bytesUp": bytes_up,
                "bytesDown": bytes_down,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        started_at = datetime.datetime.fromisoformat(d.pop("startedAt"))

        duration_ms = d.pop("durationMs")

        host = d.pop("host")

        port = d.pop("port")

        def _parse_address(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        address = _parse_address(d.pop("address"))

        result = EgressConnectionResult(d.pop("result"))

        bytes_up = d.pop("bytesUp")

        bytes_down = d.pop("bytesDown")

        egress_connection = cls(
            started_at=started_at,
            duration_ms=duration_ms,
            host=host,
            port=port,
            address=address,
            result=result,
            bytes_up=bytes_up,
            bytes_down=bytes_down,
        )

        return egress_connection
