from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="GpuCustomerListCustomersItem")


@_attrs_define
class GpuCustomerListCustomersItem:
    """
    Attributes:
        organisation_id (str):
        weight (float):
        running_max (int | None):
        queued (int):
        running (int):
    """

    organisation_id: str
    weight: float
    running_max: int | None
    queued: int
    running: int

    def to_dict(self) -> dict[str, Any]:
        organisation_id = self.organisation_id

        weight = self.weight

        running_max: int | None
        running_max = self.running_max

        queued = self.queued

        running = self.running

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "organisationId": organisation_id,
                "weight": weight,
                "runningMax": running_max,
                "queued": queued,
                "running": running,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        organisation_id = d.pop("organisationId")

        weight = d.pop("weight")

        def _parse_running_max(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        running_max = _parse_running_max(d.pop("runningMax"))

        queued = d.pop("queued")

        running = d.pop("running")

        gpu_customer_list_customers_item = cls(
            organisation_id=organisation_id,
            weight=weight,
            running_max=running_max,
            queued=queued,
            running=running,
        )

        return gpu_customer_list_customers_item
