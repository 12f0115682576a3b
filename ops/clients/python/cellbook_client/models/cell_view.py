from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="CellView")


@_attrs_define
class CellView:
    """
    Attributes:
        id (str):
        region (str):
        buckets (int):
        overrides (int):
        ready (bool):
        problem (None | str):
    """

    id: str
    region: str
    buckets: int
    overrides: int
    ready: bool
    problem: None | str

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        region = self.region

        buckets = self.buckets

        overrides = self.overrides

        ready = self.ready

        problem: None | str
        problem = self.problem

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "region": region,
                "buckets": buckets,
                "overrides": overrides,
                "ready": ready,
                "problem": problem,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        id = d.pop("id")

        region = d.pop("region")

        buckets = d.pop("buckets")

        overrides = d.pop("overrides")

        ready = d.pop("ready")

        def _parse_problem(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        problem = _parse_problem(d.pop("problem"))

        cell_view = cls(
            id=id,
            region=region,
            buckets=buckets,
            overrides=overrides,
            ready=ready,
            problem=problem,
        )

        return cell_view
