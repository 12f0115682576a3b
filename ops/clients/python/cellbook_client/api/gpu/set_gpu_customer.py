from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...models.error import Error
from ...models.gpu_customer_order import GpuCustomerOrder
from ...models.gpu_ordered import GpuOrdered
from ...types import Response


def _get_kwargs(
    region: str,
    org_id: str,
    *,
    body: GpuCustomerOrder,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "put",
        "url": "/v1/gpu/{region}/customers/{org_id}".format(
            region=quote(str(region), safe=""),
            org_id=quote(str(org_id), safe=""),
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
    org_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: GpuCustomerOrder,
) -> Response[Error | GpuOrdered]:
    """An organisation’s weight inside its tier, and its jobs at once

    Args:
        region (str):
        org_id (str):
        body (GpuCustomerOrder):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | GpuOrdered]
    """

    kwargs = _get_kwargs(
        region=region,
        org_id=org_id,
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    region: str,
    org_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: GpuCustomerOrder,
) -> Error | GpuOrdered | None:
    """An organisation’s weight inside its tier, and its jobs at once

    Args:
        region (str):
        org_id (str):
        body (GpuCustomerOrder):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | GpuOrdered
    """

    return sync_detailed(
        region=region,
        org_id=org_id,
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    region: str,
    org_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: GpuCustomerOrder,
) -> Response[Error | GpuOrdered]:
    """An organisation’s weight inside its tier, and its jobs at once

    Args:
        region (str):
        org_id (str):
        body (GpuCustomerOrder):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | GpuOrdered]
    """

    kwargs = _get_kwargs(
        region=region,
        org_id=org_id,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    region: str,
    org_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: GpuCustomerOrder,
) -> Error | GpuOrdered | None:
    """An organisation’s weight inside its tier, and its jobs at once

    Args:
        region (str):
        org_id (str):
        body (GpuCustomerOrder):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | GpuOrdered
    """

    return (
        await asyncio_detailed(
            region=region,
            org_id=org_id,
            client=client,
            body=body,
        )
    ).parsed
