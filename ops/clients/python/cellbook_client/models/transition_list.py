from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.transition import Transition


T = TypeVar("T", bound="TransitionList")


@_attrs_define
class TransitionList:
    """
    Attributes:
        transitions (list[Transition]):
        next_cursor (None | str):
    """

    transitions: list[Transition]
    next_cursor: None | str

    def to_dict(self) -> dict[str, Any]:
        transitions = []
        for transitions_item_data in self.transitions:
            transitions_item = transitions_item_data.to_dict()
            transitions.append(transitions_item)

        next_cursor: None | str
        next_cursor = self.next_cursor

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "transitions": transitions,
                "nextCursor": next_cursor,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.transition import Transition

        d = dict(src_dict)
        transitions = []
        _transitions = d.pop("transitions")
        for transitions_item_data in _transitions:
            transitions_item = Transition.from_dict(transitions_item_data)

            transitions.append(transitions_item)

        def _parse_next_cursor(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        next_cursor = _parse_next_cursor(d.pop("nextCursor"))

        transition_list = cls(
            transitions=transitions,
            next_cursor=next_cursor,
        )

        return transition_list
