"""Calls AWS services in a thread and raises the client's own errors."""

import asyncio
import os
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError
from botocore.session import Session

from client._credentials import caller_credentials
from client._errors import CallRejectedError, LongrunError, UnreachableError
from contract.loopback import LOOPBACK
from contract.sandbox_access import KEY_ID_PREFIX

_NO_KEYS: Final = ReadOnlyCredentials("none", "none", None)
"""A sandbox's error explains which keys it needs. The caller's keys for AWS are not sent to it."""


async def call(
    service: str,
    operation: str,
    region: str,
    endpoint: str | None,
    keys: ReadOnlyCredentials | None = None,
    **parameters: object,
) -> Mapping[str, Any]:
    """The service's response. `endpoint` is the address of a sandbox on this machine, None for AWS; `keys` are the
    sandbox's, by default those of the environment.

    Transient failures are retried up to three attempts. Raises CredentialsError, UnreachableError or CallRejectedError.
    """
    return await asyncio.to_thread(_call, service, operation, region, endpoint, keys, parameters)


def _call(
    service: str,
    operation: str,
    region: str,
    endpoint: str | None,
    given: ReadOnlyCredentials | None,
    parameters: Mapping[str, Any],
) -> Mapping[str, Any]:
    is_local = endpoint is not None and urlsplit(endpoint).hostname in LOOPBACK
    keys = given or (_sandbox_keys() if is_local else caller_credentials())
    config = Config(
        retries={"total_max_attempts": 3, "mode": "standard"},
        connect_timeout=5,
        read_timeout=20,
        proxies={} if is_local else None,
    )
    try:
        client: Any = Session().create_client(
            service,
            region_name=region,
            endpoint_url=endpoint,
            aws_access_key_id=keys.access_key,
            aws_secret_access_key=keys.secret_key,
            aws_session_token=keys.token,
            config=config,
        )
        response: Mapping[str, Any] = getattr(client, operation)(**parameters)
    except ClientError as error:
        detail = error.response.get("Error", {})
        reason = str(detail.get("Code", "")), str(detail.get("Message", ""))
        raise CallRejectedError(f"{service}:{error.operation_name}", *reason) from error
    except (NoConnectionError, HTTPClientError) as error:
        raise UnreachableError(endpoint or f"{service} in {region}", str(error).rstrip(".")) from error
    except BotoCoreError as error:
        raise LongrunError("INVALID_REQUEST", f"{service} in {region!r} cannot be called: {error}") from error
    return response


def _sandbox_keys() -> ReadOnlyCredentials:
    """The environment's keys if they are a sandbox's."""
    key_id, secret = os.environ.get("AWS_ACCESS_KEY_ID", ""), os.environ.get("AWS_SECRET_ACCESS_KEY", "")
    return ReadOnlyCredentials(key_id, secret, None) if key_id.startswith(KEY_ID_PREFIX) else _NO_KEYS
