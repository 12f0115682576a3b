import datetime
from http import HTTPStatus
from typing import Any, cast

import httpx

from ...client import AuthenticatedClient, Client
from ...models.audit_action import AuditAction
from ...models.audit_outcome import AuditOutcome
from ...models.audit_scope import AuditScope
from ...models.error import Error
from ...models.export_edge_audit_format import ExportEdgeAuditFormat
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
    format_: ExportEdgeAuditFormat | Unset = ExportEdgeAuditFormat.CELLBOOK,
    after: int | Unset = 0,
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

    json_format_: str | Unset = UNSET
    if not isinstance(format_, Unset):
        json_format_ = format_.value

    params["format"] = json_format_

    params["after"] = after

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/edge-audit/export",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Any | Error:
    if response.status_code == 200:
        response_200 = cast(Any, None)
        return response_200

    response_default = Error.from_dict(response.json())

    return response_default


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Any | Error]:
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
    format_: ExportEdgeAuditFormat | Unset = ExportEdgeAuditFormat.CELLBOOK,
    after: int | Unset = 0,
) -> Response[Any | Error]:
    """The same as lines of JSON, oldest first; goes on from `after`

    Args:
        scope (AuditScope | Unset):
        since (datetime.datetime | Unset):
        until (datetime.datetime | Unset):
        action (AuditAction | Unset):
        actor (str | Unset):
        resource (str | Unset):
        outcome (AuditOutcome | Unset):
        format_ (ExportEdgeAuditFormat | Unset):  Default: ExportEdgeAuditFormat.CELLBOOK.
        after (int | Unset):  Default: 0.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Error]
    """

    kwargs = _get_kwargs(
        scope=scope,
        since=since,
        until=until,
        action=action,
        actor=actor,
        resource=resource,
        outcome=outcome,
        format_=format_,
        after=after,
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
    format_: ExportEdgeAuditFormat | Unset = ExportEdgeAuditFormat.CELLBOOK,
    after: int | Unset = 0,
) -> Any | Error | None:
    """The same as lines of JSON, oldest first; goes on from `after`

    Args:
        scope (AuditScope | Unset):
        since (datetime.datetime | Unset):
        until (datetime.datetime | Unset):
        action (AuditAction | Unset):
        actor (str | Unset):
        resource (str | Unset):
        outcome (AuditOutcome | Unset):
        format_ (ExportEdgeAuditFormat | Unset):  Default: ExportEdgeAuditFormat.CELLBOOK.
        after (int | Unset):  Default: 0.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Error
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
        format_=format_,
        after=after,
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
    format_: ExportEdgeAuditFormat | Unset = ExportEdgeAuditFormat.CELLBOOK,
    after: int | Unset = 0,
) -> Response[Any | Error]:
    """The same as lines of JSON, oldest first; goes on from `after`

    Args:
        scope (AuditScope | Unset):
        since (datetime.datetime | Unset):
        until (datetime.datetime | Unset):
        action (AuditAction | Unset):
        actor (str | Unset):
        resource (str | Unset):
        outcome (AuditOutcome | Unset):
        format_ (ExportEdgeAuditFormat | Unset):  Default: ExportEdgeAuditFormat.CELLBOOK.
        after (int | Unset):  Default: 0.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Error]
    """

    kwargs = _get_kwargs(
        scope=scope,
        since=since,
        until=until,
        action=action,
        actor=actor,
        resource=resource,
        outcome=outcome,
        format_=format_,
        after=after,
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
    format_: ExportEdgeAuditFormat | Unset = ExportEdgeAuditFormat.CELLBOOK,
    after: int | Unset = 0,
) -> Any | Error | None:
    """The same as lines of JSON, oldest first; goes on from `after`

    Args:
        scope (AuditScope | Unset):
        since (datetime.datetime | Unset):
        until (datetime.datetime | Unset):
        action (AuditAction | Unset):
        actor (str | Unset):
        resource (str | Unset):
        outcome (AuditOutcome | Unset):
        format_ (ExportEdgeAuditFormat | Unset):  Default: ExportEdgeAuditFormat.CELLBOOK.
        after (int | Unset):  Default: 0.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Error
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
            format_=format_,
            after=after,
        )
    ).parsed
