from enum import StrEnum


class WebhookKeyAlgorithm(StrEnum):
    HMAC_SHA256 = "hmac-sha256"

    def __str__(self) -> str:
        return str(self.value)
