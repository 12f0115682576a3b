from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.held import Held
    from ..models.metered_row_egress import MeteredRowEgress
    from ..models.sandbox_seconds import SandboxSeconds


T = TypeVar("T", bound="MeteredRow")


@_attrs_define
class MeteredRow:
    """
    Attributes:
        start (datetime.datetime):
        key (None | str):
        name (None | str):
        running (Held):
        sandboxes (list[SandboxSeconds]):
        live (Held):
        memory (Held):
        memory_remote (Held):
        files (Held):
        versions (Held):
        environment (Held):
        egress (MeteredRowEgress):
    """

    start: datetime.datetime
    key: None | str
    name: None | str
    running: Held
    sandboxes: list[SandboxSeconds]
    live: Held
    memory: Held
    memory_remote: Held
    files: Held
    versions: Held
    environment: Held
    egress: MeteredRowEgress

    def to_dict(self) -> dict[str, Any]:
        start = self.start.isoformat()

        key: None | str
        key = self.key

        name: None | str
        name = self.name

        running = self.running.to_dict()

        sandboxes = []
        for sandboxes_item_data in self.sandboxes:
            sandboxes_item = sandboxes_item_data.to_dict()
            sandboxes.append(sandboxes_item)

        live = self.live.to_dict()

        memory = self.memory.to_dict()

        memory_remote = self.memory_remote.to_dict()

        files = self.files.to_dict()

        versions = self.versions.to_dict()

        environment = self.environment.to_dict()

        egress = self.egress.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "start": start,
                "key": key,
                "name": name,
                "running": running,
                "sandboxes": sandboxes,
                "live": live,
                "memory": memory,
                "memoryRemote": memory_remote,
                "files": files,
                "versions": versions,
                "environment": environment,
                "egress": egress,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.held import Held
        from ..models.metered_row_egress import MeteredRowEgress
        from ..models.sandbox_seconds import SandboxSeconds

        d = dict(src_dict)
        start = datetime.datetime.fromisoformat(d.pop("start"))

        def _parse_key(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        key = _parse_key(d.pop("key"))

        def _parse_name(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        name = _parse_name(d.pop("name"))

        running = Held.from_dict(d.pop("running"))

        sandboxes = []
        _sandboxes = d.pop("sandboxes")
        for sandboxes_item_data in _sandboxes:
            sandboxes_item = SandboxSeconds.from_dict(sandboxes_item_data)

            sandboxes.append(sandboxes_item)

        live = Held.from_dict(d.pop("live"))

        memory = Held.from_dict(d.pop("memory"))

        memory_remote = Held.from_dict(d.pop("memoryRemote"))

        files = Held.from_dict(d.pop("files"))

        versions = Held.from_dict(d.pop("versions"))

        environment = Held.from_dict(d.pop("environment"))

        egress = MeteredRowEgress.from_dict(d.pop("egress"))

        metered_row = cls(
            start=start,
            key=key,
            name=name,
            running=running,
            sandboxes=sandboxes,
            live=live,
            memory=memory,
            memory_remote=memory_remote,
            files=files,
            versions=versions,
            environment=environment,
            egress=egress,
        )

        return metered_row
