from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.set_org_policy_body_quotas_jobs_organisation import (
        SetOrgPolicyBodyQuotasJobsOrganisation,
    )
    from ..models.set_org_policy_body_quotas_jobs_user import (
        SetOrgPolicyBodyQuotasJobsUser,
    )


T = TypeVar("T", bound="SetOrgPolicyBodyQuotasJobs")


@_attrs_define
class SetOrgPolicyBodyQuotasJobs:
    """
    Attributes:
        user (SetOrgPolicyBodyQuotasJobsUser | Unset):
        organisation (SetOrgPolicyBodyQuotasJobsOrganisation | Unset):
    """

    user: SetOrgPolicyBodyQuotasJobsUser | Unset = UNSET
    organisation: SetOrgPolicyBodyQuotasJobsOrganisation | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        user: dict[str, Any] | Unset = UNSET
        if not isinstance(self.user, Unset):
            user = self.user.to_dict()

        organisation: dict[str, Any] | Unset = UNSET
        if not isinstance(self.organisation, Unset):
            organisation = self.organisation.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if user is not UNSET:
            field_dict["user"] = user
        if organisation is not UNSET:
            field_dict["organisation"] = organisation

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.set_org_policy_body_quotas_jobs_organisation import (
            SetOrgPolicyBodyQuotasJobsOrganisation,
        )
        from ..models.set_org_policy_body_quotas_jobs_user import (
            SetOrgPolicyBodyQuotasJobsUser,
        )

        d = dict(src_dict)
        _user = d.pop("user", UNSET)
        user: SetOrgPolicyBodyQuotasJobsUser | Unset
        if isinstance(_user, Unset):
            user = UNSET
        else:
            user = SetOrgPolicyBodyQuotasJobsUser.from_dict(_user)

        _organisation = d.pop("organisation", UNSET)
        organisation: SetOrgPolicyBodyQuotasJobsOrganisation | Unset
        if isinstance(_organisation, Unset):
            organisation = UNSET
        else:
            organisation = SetOrgPolicyBodyQuotasJobsOrganisation.from_dict(
                _organisation
            )

        set_org_policy_body_quotas_jobs = cls(
            user=user,
            organisation=organisation,
        )

        set_org_policy_body_quotas_jobs.additional_properties = d
        return set_org_policy_body_quotas_jobs

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
