"""The address of a deployment, the caller's identity, and the URL that opens a connection."""

import asyncio
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials, ReadOnlyCredentials

from client._credentials import caller_credentials, rejection_reason
from client._errors import TokenMissingError
from contract.sandbox_access import without_secret

_SIGNING_NAME: Final = "execute-api"


@dataclass(frozen=True, slots=True)
class Target:
    """`url` is the stage's ws:// or wss:// address; `authorization` is NONE, JWT, or AWS_IAM, which needs the region.

    `user` is the caller's name under NONE; under AWS_IAM the credentials identify the caller, under JWT the `token`.
    `issuer` and `audience` are those of the tokens that the deployment accepts, empty where they are not known.

    A sandbox's `url` has its secret in the path, as `longrun status --json` shows it; messages show it without.
    """

    url: str = field(repr=False)
    authorization: str = "NONE"
    region: str = "us-east-1"
    user: str = ""
    token: str = field(default="", repr=False)
    issuer: str = ""
    audience: str = ""

    def __post_init__(self) -> None:
        if urlsplit(self.url).scheme not in {"ws", "wss"}:
            raise ValueError(f"the target's url is {self.shown!r}; it must begin with ws:// or wss://")
        if self.authorization not in {"NONE", "AWS_IAM", "JWT"}:
            raise ValueError(f"the target's authorization is {self.authorization!r}; it must be NONE, AWS_IAM or JWT")

    @property
    def shown(self) -> str:
        """The address as messages show it."""
        return without_secret(self.url)

    async def connect_url(self) -> str:
        """The URL for one connection, signed now under AWS_IAM. CredentialsError without AWS credentials."""
        if self.authorization == "AWS_IAM":
            # In a thread: reading credentials may wait for a process, a file or the network.
            return signed_url(self.url, self.region, await asyncio.to_thread(caller_credentials))
        if not self.user or self.authorization == "JWT":
            return self.url
        parts = urlsplit(self.url)
        query = "&".join(filter(None, (parts.query, urlencode({"user": self.user}))))
        return urlunsplit(parts._replace(query=query))

    def connect_headers(self) -> dict[str, str]:
        """The headers for one connection: the token under JWT. TokenMissingError without one."""
        if self.authorization != "JWT":
            return {}
        if not self.token:
            raise TokenMissingError
        # In a header, not in the query: addresses get into logs and messages.
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def rejection_reason(self) -> str:
        """Why the deployment may have rejected the connection, as far as the token shows it; empty without a token."""
        return rejection_reason(self.token, self.issuer, self.audience) if self.authorization == "JWT" else ""


def signed_url(url: str, region: str, credentials: Credentials | ReadOnlyCredentials) -> str:
    """The URL with a Signature Version 4 for execute-api in its query; it expires after some minutes."""
    parts = urlsplit(url)
    request = AWSRequest(method="GET", url=urlunsplit(parts._replace(scheme="https")))
    SigV4QueryAuth(credentials, _SIGNING_NAME, region).add_auth(request)
    return urlunsplit(urlsplit(str(request.url))._replace(scheme=parts.scheme))
