from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.tier import Tier

T = TypeVar("T", bound="QueuePlace")


@_attrs_define
class QueuePlace:
    """
    Attributes:
        position (int):
        of (int):
        tier (Tier):
        position_in_organisation (int):
        of_organisation (int):
        settled (bool):
        at (datetime.datetime):
    """

    position: int
    of: int
    tier: Tier
    position_in_organisation: int
    of_organisation: int
    settled: bool
    at: datetime.datetime

    def to_dict(self) -> dict[str, Any]:
        position = self.position

        of = self.of

        tier = self.tier.value

        position_in_organisation = self.position_in_organisation

        of_organisation = self.of_organisation

        settled = self.settled

        at = self.at.isoformat()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "position": position,
                "of": of,
                "tier": tier,
                "positionInOrganisation": position_in_organisation,
                "ofOrganisation": of_organisation,
                "settled": settled,
                "at": at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        position = d.pop("position")

        of = d.pop("of")

        tier = Tier(d.pop("tier"))

        position_in_organisation = d.pop("positionInOrganisation")

        of_organisation = d.pop("ofOrganisation")

        settled = d.pop("settled")

        at = datetime.datetime.fromisoformat(d.pop("at"))

        queue_place = cls(
            position=position,
            of=of,
            tier=tier,
            position_in_organisation=position_in_organisation,
            of_organisation=of_organisation,
            settled=settled,
            at=at,
        )

        return queue_place
