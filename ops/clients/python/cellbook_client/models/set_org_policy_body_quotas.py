from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.set_org_policy_body_quotas_idle import SetOrgPolicyBodyQuotasIdle
    from ..models.set_org_policy_body_quotas_jobs import SetOrgPolicyBodyQuotasJobs
    from ..models.set_org_policy_body_quotas_organisation import (
        SetOrgPolicyBodyQuotasOrganisation,
    )
    from ..models.set_org_policy_body_quotas_user import SetOrgPolicyBodyQuotasUser


T = TypeVar("T", bound="SetOrgPolicyBodyQuotas")


@_attrs_define
class SetOrgPolicyBodyQuotas:
    """
    Attributes:
        user (SetOrgPolicyBodyQuotasUser | Unset):
        organisation (SetOrgPolicyBodyQuotasOrganisation | Unset):
        idle (SetOrgPolicyBodyQuotasIdle | Unset):
        jobs (SetOrgPolicyBodyQuotasJobs | Unset):
    """

    user: SetOrgPolicyBodyQuotasUser | Unset = UNSET
    organisation: SetOrgPolicyBodyQuotasOrganisation | Unset = UNSET
    idle: SetOrgPolicyBodyQuotasIdle | Unset = UNSET
    jobs: SetOrgPolicyBodyQuotasJobs | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        user: dict[str, Any] | Unset = UNSET
        if not isinstance(self.user, Unset):
            user = self.user.to_dict()

        organisation: dict[str, Any] | Unset = UNSET
        if not isinstance(self.organisation, Unset):
            organisation = self.organisation.to_dict()

        idle: dict[str, Any] | Unset = UNSET
        if not isinstance(self.idle, Unset):
            idle = self.idle.to_dict()

        jobs: dict[str, Any] | Unset = UNSET
        if not isinstance(self.jobs, Unset):
            jobs = self.jobs.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if user is not UNSET:
            field_dict["user"] = user
        if organisation is not UNSET:
            field_dict["organisation"] = organisation
        if idle is not UNSET:
            field_dict["idle"] = idle
        if jobs is not UNSET:
            field_dict["jobs"] = jobs

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.set_org_policy_body_quotas_idle import SetOrgPolicyBodyQuotasIdle
        from ..models.set_org_policy_body_quotas_jobs import SetOrgPolicyBodyQuotasJobs
        from ..models.set_org_policy_body_quotas_organisation import (
            SetOrgPolicyBodyQuotasOrganisation,
        )
        from ..models.set_org_policy_body_quotas_user import SetOrgPolicyBodyQuotasUser

        d = dict(src_dict)
        _user = d.pop("user", UNSET)
        user: SetOrgPolicyBodyQuotasUser | Unset
        if isinstance(_user, Unset):
            user = UNSET
        else:
            user = SetOrgPolicyBodyQuotasUser.from_dict(_user)

        _organisation = d.pop("organisation", UNSET)
        organisation: SetOrgPolicyBodyQuotasOrganisation | Unset
        if isinstance(_organisation, Unset):
            organisation = UNSET
        else:
            organisation = SetOrgPolicyBodyQuotasOrganisation.from_dict(_organisation)

        _idle = d.pop("idle", UNSET)
        idle: SetOrgPolicyBodyQuotasIdle | Unset
        if isinstance(_idle, Unset):
            idle = UNSET
        else:
            idle = SetOrgPolicyBodyQuotasIdle.from_dict(_idle)

        _jobs = d.pop("jobs", UNSET)
        jobs: SetOrgPolicyBodyQuotasJobs | Unset
        if isinstance(_jobs, Unset):
            jobs = UNSET
        else:
            jobs = SetOrgPolicyBodyQuotasJobs.from_dict(_jobs)

        set_org_policy_body_quotas = cls(
            user=user,
            organisation=organisation,
            idle=idle,
            jobs=jobs,
        )

        set_org_policy_body_quotas.additional_properties = d
        return set_org_policy_body_quotas

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
