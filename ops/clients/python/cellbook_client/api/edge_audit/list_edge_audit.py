import datetime
from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.audit_action import AuditAction
from ...models.audit_outcome import AuditOutcome
from ...models.audit_page import AuditPage
from ...models.audit_scope import AuditScope
from ...models.error import Error
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    scope: AuditScope | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
    until: datetime.datetime | Unset = UNSET,
    action: AuditAction | Unset = UNSET,
    actor: str | Unset = UNSET,
    resource: str | Unset = UNSET,
    outcome: AuditOutcome | Unset = UNSET,
    limit: int | Unset = 50,
    cursor: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_scope: str | Unset = UNSET
    if not isinstance(scope, Unset):
        json_scope = scope.value

    params["scope"] = json_scope

    json_since: str | Unset = UNSET
    if not isinstance(since, Unset):
        json_since = since.isoformat()
    params["since"] = json_since

    json_until: str | Unset = UNSET
    if not isinstance(until, Unset):
        json_until = until.isoformat()
    params["until"] = json_until

    json_action: str | Unset = UNSET
    if not isinstance(action, Unset):
        json_action = action.value

    params["action"] = json_action

    params["actor"] = actor

    params["resource"] = resource

    json_outcome: str | Unset = UNSET
    if not isinstance(outcome, Unset):
        json_outcome = outcome.value

    params["outcome"] = json_outcome

    params["limit"] = limit

    params["cursor"] = cursor

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/edge-audit",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AuditPage | Error:
    if response.status_code == 200:
        response_200 = AuditPage.from_dict(response.json())

        return response_200

    response_default = Error.from_dict(response.json())

    return response_default


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[AuditPage | Error]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    scope: AuditScope | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
    until: datetime.datetime | Unset = UNSET,
    action: AuditAction | Unset = UNSET,
    actor: str | Unset = UNSET,
    resource: str | Unset = UNSET,
    outcome: AuditOutcome | Unset = UNSET,
    limit: int | Unset = 50,
    cursor: str | Unset = UNSET,
) -> Response[AuditPage | Error]:
    """Sign-ins, keys, members and refusals at the edge, newest first

    Args:
        scope (AuditScope | Unset):
        since (datetime.datetime | Unset):
        until (datetime.datetime | Unset):
        action (AuditAction | Unset):
        actor (str | Unset):
        resource (str | Unset):
        outcome (AuditOutcome | Unset):
        limit (int | Unset):  Default: 50.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AuditPage | Error]
    """

    kwargs = _get_kwargs(
        scope=scope,
        since=since,
        until=until,
        action=action,
        actor=actor,
        resource=resource,
        outcome=outcome,
        limit=limit,
        cursor=cursor,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    scope: AuditScope | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
    until: datetime.datetime | Unset = UNSET,
    action: AuditAction | Unset = UNSET,
    actor: str | Unset = UNSET,
    resource: str | Unset = UNSET,
    outcome: AuditOutcome | Unset = UNSET,
    limit: int | Unset = 50,
    cursor: str | Unset = UNSET,
) -> AuditPage | Error | None:
    """Sign-ins, keys, members and refusals at the edge, newest first

    Args:
        scope (AuditScope | Unset):
        since (datetime.datetime | Unset):
        until (datetime.datetime | Unset):
        action (AuditAction | Unset):
        actor (str | Unset):
        resource (str | Unset):
        outcome (AuditOutcome | Unset):
        limit (int | Unset):  Default: 50.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AuditPage | Error
    """

    return sync_detailed(
        client=client,
        scope=scope,
        since=since,
        until=until,
        action=action,
        actor=actor,
        resource=resource,
        outcome=outcome,
        limit=limit,
        cursor=cursor,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    scope: AuditScope | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
    until: datetime.datetime | Unset = UNSET,
    action: AuditAction | Unset = UNSET,
    actor: str | Unset = UNSET,
    resource: str | Unset = UNSET,
    outcome: AuditOutcome | Unset = UNSET,
    limit: int | Unset = 50,
    cursor: str | Unset = UNSET,
) -> Response[AuditPage | Error]:
    """Sign-ins, keys, members and refusals at the edge, newest first

    Args:
        scope (AuditScope | Unset):
        since (datetime.datetime | Unset):
        until (datetime.datetime | Unset):
        action (AuditAction | Unset):
        actor (str | Unset):
        resource (str | Unset):
        outcome (AuditOutcome | Unset):
        limit (int | Unset):  Default: 50.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AuditPage | Error]
    """

    kwargs = _get_kwargs(
        scope=scope,
        since=since,
        until=until,
        action=action,
        actor=actor,
        resource=resource,
        outcome=outcome,
        limit=limit,
        cursor=cursor,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    scope: AuditScope | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
    until: datetime.datetime | Unset = UNSET,
    action: AuditAction | Unset = UNSET,
    actor: str | Unset = UNSET,
    resource: str | Unset = UNSET,
    outcome: AuditOutcome | Unset = UNSET,
    limit: int | Unset = 50,
    cursor: str | Unset = UNSET,
) -> AuditPage | Error | None:
    """Sign-ins, keys, members and refusals at the edge, newest first

    Args:
        scope (AuditScope | Unset):
        since (datetime.datetime | Unset):
        until (datetime.datetime | Unset):
        action (AuditAction | Unset):
        actor (str | Unset):
        resource (str | Unset):
        outcome (AuditOutcome | Unset):
        limit (int | Unset):  Default: 50.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AuditPage | Error
    """

    return (
        await asyncio_detailed(
            client=client,
            scope=scope,
            since=since,
            until=until,
            action=action,
            actor=actor,
            resource=resource,
            outcome=outcome,
            limit=limit,
            cursor=cursor,
        )
    ).parsed
