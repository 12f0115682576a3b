from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.gpu_class_order_limit import GpuClassOrderLimit

T = TypeVar("T", bound="GpuClassOrder")


@_attrs_define
class GpuClassOrder:
    """
    Attributes:
        feature (str):
        limit (GpuClassOrderLimit):
        because (str):
    """

    feature: str
    limit: GpuClassOrderLimit
    because: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        feature = self.feature

        limit = self.limit.value

        because = self.because

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "feature": feature,
                "limit": limit,
                "because": because,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        feature = d.pop("feature")

        limit = GpuClassOrderLimit(d.pop("limit"))

        because = d.pop("because")

        gpu_class_order = cls(
            feature=feature,
            limit=limit,
            because=because,
        )

        gpu_class_order.additional_properties = d
        return gpu_class_order

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
