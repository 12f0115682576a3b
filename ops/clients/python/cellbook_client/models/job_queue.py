from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.tier import Tier

if TYPE_CHECKING:
    from ..models.job_queue_organisation import JobQueueOrganisation
    from ..models.job_queue_spend import JobQueueSpend
    from ..models.job_queue_tier_queue_type_0 import JobQueueTierQueueType0
    from ..models.job_queue_user import JobQueueUser


T = TypeVar("T", bound="JobQueue")


@_attrs_define
class JobQueue:
    """
    Attributes:
        region (str):
        organisation_id (str):
        tier (Tier):
        organisation (JobQueueOrganisation):
        user (JobQueueUser):
        spend (JobQueueSpend):
        tier_queue (JobQueueTierQueueType0 | None):
    """

    region: str
    organisation_id: str
    tier: Tier
    organisation: JobQueueOrganisation
    user: JobQueueUser
    spend: JobQueueSpend
    tier_queue: JobQueueTierQueueType0 | None

    def to_dict(self) -> dict[str, Any]:
        from ..models.job_queue_tier_queue_type_0 import JobQueueTierQueueType0

        region = self.region

        organisation_id = self.organisation_id

        tier = self.tier.value

        organisation = self.organisation.to_dict()

        user = self.user.to_dict()

        spend = self.spend.to_dict()

        tier_queue: dict[str, Any] | None
        if isinstance(self.tier_queue, JobQueueTierQueueType0):
            tier_queue = self.tier_queue.to_dict()
        else:
            tier_queue = self.tier_queue

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "region": region,
                "organisationId": organisation_id,
                "tier": tier,
                "organisation": organisation,
                "user": user,
                "spend": spend,
                "tierQueue": tier_queue,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.job_queue_organisation import JobQueueOrganisation
        from ..models.job_queue_spend import JobQueueSpend
        from ..models.job_queue_tier_queue_type_0 import JobQueueTierQueueType0
        from ..models.job_queue_user import JobQueueUser

        d = dict(src_dict)
        region = d.pop("region")

        organisation_id = d.pop("organisationId")

        tier = Tier(d.pop("tier"))

        organisation = JobQueueOrganisation.from_dict(d.pop("organisation"))

        user = JobQueueUser.from_dict(d.pop("user"))

        spend = JobQueueSpend.from_dict(d.pop("spend"))

        def _parse_tier_queue(data: object) -> JobQueueTierQueueType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                tier_queue_type_0 = JobQueueTierQueueType0.from_dict(data)

                return tier_queue_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(JobQueueTierQueueType0 | None, data)

        tier_queue = _parse_tier_queue(d.pop("tierQueue"))

        job_queue = cls(
            region=region,
            organisation_id=organisation_id,
            tier=tier,
            organisation=organisation,
            user=user,
            spend=spend,
            tier_queue=tier_queue,
        )

        return job_queue
