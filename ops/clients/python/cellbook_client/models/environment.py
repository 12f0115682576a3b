from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.environment_state import EnvironmentState

if TYPE_CHECKING:
    from ..models.environment_previous_type_0 import EnvironmentPreviousType0
    from ..models.locked_package import LockedPackage


T = TypeVar("T", bound="Environment")


@_attrs_define
class Environment:
    """
    Attributes:
        digest (None | str):
        state (EnvironmentState):
        problem (None | str):
        files (int):
        bytes_ (int):
        packages (list[LockedPackage]):
        stored_at (datetime.datetime | None):
        previous (EnvironmentPreviousType0 | None):
    """

    digest: None | str
    state: EnvironmentState
    problem: None | str
    files: int
    bytes_: int
    packages: list[LockedPackage]
    stored_at: datetime.datetime | None
    previous: EnvironmentPreviousType0 | None

    def to_dict(self) -> dict[str, Any]:
        from ..models.environment_previous_type_0 import EnvironmentPreviousType0

        digest: None | str
        digest = self.digest

        state = self.state.value

        problem: None | str
        problem = self.problem

        files = self.files

        bytes_ = self.bytes_

        packages = []
        for packages_item_data in self.packages:
            packages_item = packages_item_data.to_dict()
            packages.append(packages_item)

        stored_at: None | str
        if isinstance(self.stored_at, datetime.datetime):
            stored_at = self.stored_at.isoformat()
        else:
            stored_at = self.stored_at

        previous: dict[str, Any] | None
        if isinstance(self.previous, EnvironmentPreviousType0):
            previous = self.previous.to_dict()
        else:
            previous = self.previous

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "digest": digest,
                "state": state,
                "problem": problem,
                "files": files,
                "bytes": bytes_,
                "packages": packages,
                "storedAt": stored_at,
                "previous": previous,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.environment_previous_type_0 import EnvironmentPreviousType0
        from ..models.locked_package import LockedPackage

        d = dict(src_dict)

        def _parse_digest(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        digest = _parse_digest(d.pop("digest"))

        state = EnvironmentState(d.pop("state"))

        def _parse_problem(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        problem = _parse_problem(d.pop("problem"))

        files = d.pop("files")

        bytes_ = d.pop("bytes")

        packages = []
        _packages = d.pop("packages")
        for packages_item_data in _packages:
            packages_item = LockedPackage.from_dict(packages_item_data)

            packages.append(packages_item)

        def _parse_stored_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                stored_at_type_0 = datetime.datetime.fromisoformat(data)

                return stored_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        stored_at = _parse_stored_at(d.pop("storedAt"))

        def _parse_previous(data: object) -> EnvironmentPreviousType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                previous_type_0 = EnvironmentPreviousType0.from_dict(data)

                return previous_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(EnvironmentPreviousType0 | None, data)

        previous = _parse_previous(d.pop("previous"))

        environment = cls(
            digest=digest,
            state=state,
            problem=problem,
            files=files,
            bytes_=bytes_,
            packages=packages,
            stored_at=stored_at,
            previous=previous,
        )

        return environment
