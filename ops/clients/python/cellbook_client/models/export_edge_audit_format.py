from enum import StrEnum


class ExportEdgeAuditFormat(StrEnum):
    CELLBOOK = "cellbook"
    ECS = "ecs"

    def __str__(self) -> str:
        return str(self.value)
