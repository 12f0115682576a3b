from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.tier import Tier
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.set_org_policy_body_quotas import SetOrgPolicyBodyQuotas


T = TypeVar("T", bound="SetOrgPolicyBody")


@_attrs_define
class SetOrgPolicyBody:
    """
    Attributes:
        tier (Tier):
        region (None | str):
        email_domain (None | str):
        quotas (SetOrgPolicyBodyQuotas | Unset):
    """

    tier: Tier
    region: None | str
    email_domain: None | str
    quotas: SetOrgPolicyBodyQuotas | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        tier = self.tier.value

        region: None | str
        region = self.region

        email_domain: None | str
        email_domain = self.email_domain

        quotas: dict[str, Any] | Unset = UNSET
        if not isinstance(self.quotas, Unset):
            quotas = self.quotas.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "tier": tier,
                "region": region,
                "emailDomain": email_domain,
            }
        )
        if quotas is not UNSET:
            field_dict["quotas"] = quotas

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.set_org_policy_body_quotas import SetOrgPolicyBodyQuotas

        d = dict(src_dict)
        tier = Tier(d.pop("tier"))

        def _parse_region(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        region = _parse_region(d.pop("region"))

        def _parse_email_domain(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        email_domain = _parse_email_domain(d.pop("emailDomain"))

        _quotas = d.pop("quotas", UNSET)
        quotas: SetOrgPolicyBodyQuotas | Unset
        if isinstance(_quotas, Unset):
            quotas = UNSET
        else:
            quotas = SetOrgPolicyBodyQuotas.from_dict(_quotas)

        set_org_policy_body = cls(
            tier=tier,
            region=region,
            email_domain=email_domain,
            quotas=quotas,
        )

        return set_org_policy_body
