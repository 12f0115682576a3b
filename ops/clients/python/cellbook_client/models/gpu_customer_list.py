from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.gpu_customer_list_customers_item import GpuCustomerListCustomersItem


T = TypeVar("T", bound="GpuCustomerList")


@_attrs_define
class GpuCustomerList:
    """
    Attributes:
        region (str):
        customers (list[GpuCustomerListCustomersItem]):
    """

    region: str
    customers: list[GpuCustomerListCustomersItem]

    def to_dict(self) -> dict[str, Any]:
        region = self.region

        customers = []
        for customers_item_data in self.customers:
            customers_item = customers_item_data.to_dict()
            customers.append(customers_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "region": region,
                "customers": customers,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.gpu_customer_list_customers_item import (
            GpuCustomerListCustomersItem,
        )

        d = dict(src_dict)
        region = d.pop("region")

        customers = []
        _customers = d.pop("customers")
        for customers_item_data in _customers:
            customers_item = GpuCustomerListCustomersItem.from_dict(customers_item_data)

            customers.append(customers_item)

        gpu_customer_list = cls(
            region=region,
            customers=customers,
        )

        return gpu_customer_list
