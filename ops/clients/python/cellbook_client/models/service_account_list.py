from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.service_account import ServiceAccount


T = TypeVar("T", bound="ServiceAccountList")


@_attrs_define
class ServiceAccountList:
    """
    Attributes:
        service_accounts (list[ServiceAccount]):
    """

    service_accounts: list[ServiceAccount]

    def to_dict(self) -> dict[str, Any]:
        service_accounts = []
        for service_accounts_item_data in self.service_accounts:
            service_accounts_item = service_accounts_item_data.to_dict()
            service_accounts.append(service_accounts_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "serviceAccounts": service_accounts,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.service_account import ServiceAccount

        d = dict(src_dict)
        service_accounts = []
        _service_accounts = d.pop("serviceAccounts")
        for service_accounts_item_data in _service_accounts:
            service_accounts_item = ServiceAccount.from_dict(service_accounts_item_data)

            service_accounts.append(service_accounts_item)

        service_account_list = cls(
            service_accounts=service_accounts,
        )

        return service_account_list
