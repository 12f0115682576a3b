from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="GpuCustomerOrder")


@_attrs_define
class GpuCustomerOrder:
    """
    Attributes:
        weight (float):
        running_max (int | None):
    """

    weight: float
    running_max: int | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        weight = self.weight

        running_max: int | None
        running_max = self.running_max

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "weight": weight,
                "runningMax": running_max,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        weight = d.pop("weight")

        def _parse_running_max(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        running_max = _parse_running_max(d.pop("runningMax"))

        gpu_customer_order = cls(
            weight=weight,
            running_max=running_max,
        )

        gpu_customer_order.additional_properties = d
        return gpu_customer_order

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
