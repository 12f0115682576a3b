from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.metered import Metered
    from ..models.usage import Usage


T = TypeVar("T", bound="UsageAnswer")


@_attrs_define
class UsageAnswer:
    """
    Attributes:
        user (Usage):
        organisation (None | Usage):
        metered (Metered | Unset):
    """

    user: Usage
    organisation: None | Usage
    metered: Metered | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.usage import Usage

        user = self.user.to_dict()

        organisation: dict[str, Any] | None
        if isinstance(self.organisation, Usage):
            organisation = self.organisation.to_dict()
        else:
            organisation = self.organisation

        metered: dict[str, Any] | Unset = UNSET
        if not isinstance(self.metered, Unset):
            metered = self.metered.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "user": user,
                "organisation": organisation,
            }
        )
        if metered is not UNSET:
            field_dict["metered"] = metered

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.metered import Metered
        from ..models.usage import Usage

        d = dict(src_dict)
        user = Usage.from_dict(d.pop("user"))

        def _parse_organisation(data: object) -> None | Usage:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                organisation_type_0 = Usage.from_dict(data)

                return organisation_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Usage, data)

        organisation = _parse_organisation(d.pop("organisation"))

        _metered = d.pop("metered", UNSET)
        metered: Metered | Unset
        if isinstance(_metered, Unset):
            metered = UNSET
        else:
            metered = Metered.from_dict(_metered)

        usage_answer = cls(
            user=user,
            organisation=organisation,
            metered=metered,
        )

        return usage_answer
