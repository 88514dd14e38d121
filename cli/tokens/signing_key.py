"""The key with which a stack's own tokens are signed, in Secrets Manager."""

import secrets
from typing import TYPE_CHECKING, Any

from cli.deployment.deployment import Deployment
from cli.errors import CliError
from cli.tokens.calls import calling, service
from contract.tokens import KEY_BYTES, SHARED_ISSUER

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_STRENGTH = 48
"""Random bytes of a new key, which are 64 characters."""


class SigningKey:
    """The key of a deployment that signs its tokens itself. CliError for any other."""

    def __init__(self, deployment: Deployment) -> None:
        self.secret = str(_output(deployment, "signing_secret"))
        issuer = _output(deployment, "token_issuer")
        if deployment.outputs.get("authorization") != "JWT":
            message = (
                f"{deployment.name} identifies callers by {deployment.outputs.get('authorization')}, not by tokens"
            )
            raise CliError("USAGE", f"{message}; deploy it with the configuration authorization=JWT")
        if issuer != SHARED_ISSUER:
            raise CliError("USAGE", f"the tokens of {deployment.name} come from {issuer}; get one there")
        self._deployment = deployment

    def value(self) -> str:
        """The key. A sandbox gets one at its first token."""
        with calling("secretsmanager:GetSecretValue"):
            client = self._client()
            try:
                key = client.get_secret_value(SecretId=self.secret).get("SecretString", "")
            except client.exceptions.ResourceNotFoundException:
                key = ""
        if not key and self._deployment.endpoint is not None:
            return self.renew()
        if len(key.encode()) < KEY_BYTES:
            lack = "has no value" if not key else f"is shorter than {KEY_BYTES} bytes"
            raise CliError("NO_SIGNING_KEY", f"the secret '{self.secret}' {lack}; make a key with 'longrun token key'")
        return key

    def renew(self) -> str:
        """Store a new key, and return it: no token of an earlier one is valid any more."""
        key = secrets.token_urlsafe(_STRENGTH)
        with calling("secretsmanager:PutSecretValue"):
            self._client().put_secret_value(SecretId=self.secret, SecretString=key)
        return key

    def _client(self) -> "SecretsManagerClient":
        client: SecretsManagerClient = service(self._deployment, "secretsmanager")
        return client


def _output(deployment: Deployment, name: str) -> Any:  # noqa: ANN401  as the stack has it
    if not deployment.outputs:
        message = "--url gives the WebSocket address only, and tokens are made with the key of a stack"
        raise CliError("USAGE", f"{message}; give --stack NAME for a stack, or neither for the sandbox")
    if not deployment.outputs.get(name):
        message = f"{deployment.name} has no output '{name}', so it makes no tokens"
        raise CliError("STACK_UNREADABLE", f"{message}; deploy this version of the program to it")
    return deployment.outputs[name]
