"""Calls of AWS services, each in a thread, with errors that are the client's own."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError
from botocore.session import Session

from client.credentials import caller_credentials
from client.errors import CallRefusedError, LongrunError, UnreachableError
from client.loopback import LOOPBACK

_EMULATOR_KEYS: Final = ReadOnlyCredentials("test", "test", None)
"""An emulator takes any key, and the caller's own are none of its business."""


async def call(
    service: str, operation: str, region: str, endpoint: str | None, **parameters: object
) -> Mapping[str, Any]:
    """The service's answer; `endpoint` is the address of an emulator on this machine, None for AWS.

    CredentialsError, UnreachableError or CallRefusedError; what passes by itself was tried three times.
    """
    return await asyncio.to_thread(_call, service, operation, region, endpoint, parameters)


def _call(
    service: str, operation: str, region: str, endpoint: str | None, parameters: Mapping[str, Any]
) -> Mapping[str, Any]:
    is_local = endpoint is not None and urlsplit(endpoint).hostname in LOOPBACK
    keys = _EMULATOR_KEYS if is_local else caller_credentials()
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
        answer: Mapping[str, Any] = getattr(client, operation)(**parameters)
    except ClientError as error:
        detail = error.response.get("Error", {})
        refusal = str(detail.get("Code", "")), str(detail.get("Message", ""))
        raise CallRefusedError(f"{service}:{error.operation_name}", *refusal) from error
    except (NoConnectionError, HTTPClientError) as error:
        raise UnreachableError(endpoint or f"{service} in {region}", str(error).rstrip(".")) from error
    except BotoCoreError as error:
        raise LongrunError("INVALID_REQUEST", f"{service} in {region!r} cannot be called: {error}") from error
    return answer
