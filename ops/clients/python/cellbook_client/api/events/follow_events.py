from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.error import Error
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    last_event_id: int | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(last_event_id, Unset):
        headers["last-event-id"] = str(last_event_id)

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/events",
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Error | str:
    if response.status_code == 200:
        response_200 = response.text
        return response_200

    response_default = Error.from_dict(response.json())

    return response_default


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Error | str]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    last_event_id: int | Unset = UNSET,
) -> Response[Error | str]:
    """Your workspaces as they change, as server-sent events

     Each `event: workspace` carries `{"workspace": …}` whole; its id is a cursor for Last-Event-ID.
    Without one, every workspace of yours comes first. `event: queue` tells of one that waits for its
    turn to start where it stands: `{"workspaceId": …, "queue": {"position": …, "of": …}}`, with null
    when it waits no longer. The stream ends now and then: connect again.

    Args:
        last_event_id (int | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | str]
    """

    kwargs = _get_kwargs(
        last_event_id=last_event_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    last_event_id: int | Unset = UNSET,
) -> Error | str | None:
    """Your workspaces as they change, as server-sent events

     Each `event: workspace` carries `{"workspace": …}` whole; its id is a cursor for Last-Event-ID.
    Without one, every workspace of yours comes first. `event: queue` tells of one that waits for its
    turn to start where it stands: `{"workspaceId": …, "queue": {"position": …, "of": …}}`, with null
    when it waits no longer. The stream ends now and then: connect again.

    Args:
        last_event_id (int | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | str
    """

    return sync_detailed(
        client=client,
        last_event_id=last_event_id,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    last_event_id: int | Unset = UNSET,
) -> Response[Error | str]:
    """Your workspaces as they change, as server-sent events

     Each `event: workspace` carries `{"workspace": …}` whole; its id is a cursor for Last-Event-ID.
    Without one, every workspace of yours comes first. `event: queue` tells of one that waits for its
    turn to start where it stands: `{"workspaceId": …, "queue": {"position": …, "of": …}}`, with null
    when it waits no longer. The stream ends now and then: connect again.

    Args:
        last_event_id (int | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | str]
    """

    kwargs = _get_kwargs(
        last_event_id=last_event_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    last_event_id: int | Unset = UNSET,
) -> Error | str | None:
    """Your workspaces as they change, as server-sent events

     Each `event: workspace` carries `{"workspace": …}` whole; its id is a cursor for Last-Event-ID.
    Without one, every workspace of yours comes first. `event: queue` tells of one that waits for its
    turn to start where it stands: `{"workspaceId": …, "queue": {"position": …, "of": …}}`, with null
    when it waits no longer. The stream ends now and then: connect again.

    Args:
        last_event_id (int | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | str
    """

    return (
        await asyncio_detailed(
            client=client,
            last_event_id=last_event_id,
        )
    ).parsed
