from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.gpu_host import GpuHost


T = TypeVar("T", bound="GpuHostList")


@_attrs_define
class GpuHostList:
    """
    Attributes:
        region (str):
        hosts (list[GpuHost]):
    """

    region: str
    hosts: list[GpuHost]

    def to_dict(self) -> dict[str, Any]:
        region = self.region

        hosts = []
        for hosts_item_data in self.hosts:
            hosts_item = hosts_item_data.to_dict()
            hosts.append(hosts_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "region": region,
                "hosts": hosts,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.gpu_host import GpuHost

        d = dict(src_dict)
        region = d.pop("region")

        hosts = []
        _hosts = d.pop("hosts")
        for hosts_item_data in _hosts:
            hosts_item = GpuHost.from_dict(hosts_item_data)

            hosts.append(hosts_item)

        gpu_host_list = cls(
            region=region,
            hosts=hosts,
        )

        return gpu_host_list
