from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.gpu_contained_classes_item_limit import GpuContainedClassesItemLimit

T = TypeVar("T", bound="GpuContainedClassesItem")


@_attrs_define
class GpuContainedClassesItem:
    """
    Attributes:
        feature (str):
        limit (GpuContainedClassesItemLimit):
        because (str):
        since (datetime.datetime):
        running_gpus (float):
        probe_at (datetime.datetime | None):
        good_in_row (int):
    """

    feature: str
    limit: GpuContainedClassesItemLimit
    because: str
    since: datetime.datetime
    running_gpus: float
    probe_at: datetime.datetime | None
    good_in_row: int

    def to_dict(self) -> dict[str, Any]:
        feature = self.feature

        limit = self.limit.value

        because = self.because

        since = self.since.isoformat()

        running_gpus = self.running_gpus

        probe_at: None | str
        if isinstance(self.probe_at, datetime.datetime):
            probe_at = self.probe_at.isoformat()
        else:
            probe_at = self.probe_at

        good_in_row = self.good_in_row

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "feature": feature,
                "limit": limit,
                "because": because,
                "since": since,
                "runningGpus": running_gpus,
                "probeAt": probe_at,
                "goodInRow": good_in_row,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        feature = d.pop("feature")

        limit = GpuContainedClassesItemLimit(d.pop("limit"))

        because = d.pop("because")

        since = datetime.datetime.fromisoformat(d.pop("since"))

        running_gpus = d.pop("runningGpus")

        def _parse_probe_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                probe_at_type_0 = datetime.datetime.fromisoformat(data)

                return probe_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        probe_at = _parse_probe_at(d.pop("probeAt"))

        good_in_row = d.pop("goodInRow")

        gpu_contained_classes_item = cls(
            feature=feature,
            limit=limit,
            because=because,
            since=since,
            running_gpus=running_gpus,
            probe_at=probe_at,
            good_in_row=good_in_row,
        )

        return gpu_contained_classes_item
