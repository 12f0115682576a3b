from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...models.error import Error
from ...models.gpu_class_order import GpuClassOrder
from ...models.gpu_ordered import GpuOrdered
from ...types import Response


def _get_kwargs(
    region: str,
    *,
    body: GpuClassOrder,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "put",
        "url": "/v1/gpu/{region}/classes".format(
            region=quote(str(region), safe=""),
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
    *,
    client: AuthenticatedClient | Client,
    body: GpuClassOrder,
) -> Response[Error | GpuOrdered]:
    """Limit a class of prompts, or let it run again

    Args:
        region (str):
        body (GpuClassOrder):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | GpuOrdered]
    """

    kwargs = _get_kwargs(
        region=region,
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    region: str,
    *,
    client: AuthenticatedClient | Client,
    body: GpuClassOrder,
) -> Error | GpuOrdered | None:
    """Limit a class of prompts, or let it run again

    Args:
        region (str):
        body (GpuClassOrder):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | GpuOrdered
    """

    return sync_detailed(
        region=region,
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    region: str,
    *,
    client: AuthenticatedClient | Client,
    body: GpuClassOrder,
) -> Response[Error | GpuOrdered]:
    """Limit a class of prompts, or let it run again

    Args:
        region (str):
        body (GpuClassOrder):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | GpuOrdered]
    """

    kwargs = _get_kwargs(
        region=region,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    region: str,
    *,
    client: AuthenticatedClient | Client,
    body: GpuClassOrder,
) -> Error | GpuOrdered | None:
    """Limit a class of prompts, or let it run again

    Args:
        region (str):
        body (GpuClassOrder):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | GpuOrdered
    """

    return (
        await asyncio_detailed(
            region=region,
            client=client,
            body=body,
        )
    ).parsed
