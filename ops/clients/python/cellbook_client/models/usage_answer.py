from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.usage import Usage


T = TypeVar("T", bound="UsageAnswer")


@_attrs_define
class UsageAnswer:
    """
    Attributes:
        user (Usage):
        organisation (None | Usage):
    """

    user: Usage
    organisation: None | Usage

    def to_dict(self) -> dict[str, Any]:
        from ..models.usage import Usage

        user = self.user.to_dict()

        organisation: dict[str, Any] | None
        if isinstance(self.organisation, Usage):
            organisation = self.organisation.to_dict()
        else:
            organisation = self.organisation

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "user": user,
                "organisation": organisation,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
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

        usage_answer = cls(
            user=user,
            organisation=organisation,
        )

        return usage_answer
