"""AWS's Signature Version 4 for requests without a boto3 client: MCP over AgentCore, OTLP to X-Ray."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import NoCredentialsError
from botocore.session import Session

if TYPE_CHECKING:
    from botocore.credentials import Credentials


class Signer:
    """Signs for one service in one region, with the process's credentials, which renew themselves."""

    def __init__(self, service: str, region: str, credentials: "Credentials") -> None:
        self._service = service
        self._region = region
        self._credentials = credentials

    @classmethod
    def create(cls, service: str, region: str) -> "Signer":
        """Finds the credentials as boto3 does. Raises NoCredentialsError."""
        credentials = Session().get_credentials()
        if credentials is None:
            raise NoCredentialsError
        return cls(service, region, credentials)

    def headers(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers to add to a request; `headers` are those that the signature covers."""
        request = AWSRequest(method=method, url=url, data=body, headers=dict(headers))
        SigV4Auth(self._credentials.get_frozen_credentials(), self._service, self._region).add_auth(request)
        return {name: value for name, value in request.headers.items() if name not in headers}
