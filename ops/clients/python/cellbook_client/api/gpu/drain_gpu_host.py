from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...models.error import Error
from ...models.gpu_host_order import GpuHostOrder
from ...models.gpu_ordered import GpuOrdered
from ...types import UNSET, Response, Unset


def _get_kwargs(
    region: str,
    host_id: str,
    *,
    body: GpuHostOrder,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/gpu/{region}/hosts/{host_id}/drain".format(
            region=quote(str(region), safe=""),
            host_id=quote(str(host_id), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Error | GpuOrdered:
    if response.status_code == 202:
        response_202 = GpuOrdered.from_dict(response.json())

        return response_202

    response_default = Error.from_dict(response.json())

    return response_default


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Error | GpuOrdered]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    region: str,
    host_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: GpuHostOrder,
    idempotency_key: str | Unset = UNSET,
) -> Response[Error | GpuOrdered]:
    """Give a host nothing new until it is released or its agent restarts

    Args:
        region (str):
        host_id (str):
        idempotency_key (str | Unset):
        body (GpuHostOrder):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | GpuOrdered]
    """

    kwargs = _get_kwargs(
        region=region,
        host_id=host_id,
        body=body,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    region: str,
    host_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: GpuHostOrder,
    idempotency_key: str | Unset = UNSET,
) -> Error | GpuOrdered | None:
    """Give a host nothing new until it is released or its agent restarts

    Args:
        region (str):
        host_id (str):
        idempotency_key (str | Unset):
        body (GpuHostOrder):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | GpuOrdered
    """

    return sync_detailed(
        region=region,
        host_id=host_id,
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    region: str,
    host_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: GpuHostOrder,
    idempotency_key: str | Unset = UNSET,
) -> Response[Error | GpuOrdered]:
    """Give a host nothing new until it is released or its agent restarts

    Args:
        region (str):
        host_id (str):
        idempotency_key (str | Unset):
        body (GpuHostOrder):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | GpuOrdered]
    """

    kwargs = _get_kwargs(
        region=region,
        host_id=host_id,
        body=body,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    region: str,
    host_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: GpuHostOrder,
    idempotency_key: str | Unset = UNSET,
) -> Error | GpuOrdered | None:
    """Give a host nothing new until it is released or its agent restarts

    Args:
        region (str):
        host_id (str):
        idempotency_key (str | Unset):
        body (GpuHostOrder):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | GpuOrdered
    """

    return (
        await asyncio_detailed(
            region=region,
            host_id=host_id,
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
