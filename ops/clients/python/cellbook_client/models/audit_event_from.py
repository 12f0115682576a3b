from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="AuditEventFrom")


@_attrs_define
class AuditEventFrom:
    """
    Attributes:
        address (None | str):
        agent (None | str):
        request (None | str):
        trace (None | str):
    """

    address: None | str
    agent: None | str
    request: None | str
    trace: None | str

    def to_dict(self) -> dict[str, Any]:
        address: None | str
        address = self.address

        agent: None | str
        agent = self.agent

        request: None | str
        request = self.request

        trace: None | str
        trace = self.trace

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "address": address,
                "agent": agent,
                "request": request,
                "trace": trace,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)

        def _parse_address(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        address = _parse_address(d.pop("address"))

        def _parse_agent(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        agent = _parse_agent(d.pop("agent"))

        def _parse_request(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        request = _parse_request(d.pop("request"))

        def _parse_trace(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        trace = _parse_trace(d.pop("trace"))

        audit_event_from = cls(
            address=address,
            agent=agent,
            request=request,
            trace=trace,
        )

        return audit_event_from
