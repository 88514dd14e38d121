"""The settings of secrets and of callers' tokens."""

from dataclasses import dataclass
from typing import TypedDict

import pulumi

from components.addresses import shown
from components.refs import CodeRef, SecretRef
from components.secret_store.secret_store import MODEL_KEY, prefix_problems, secret_name
from components.stack_config.reader import ConfigReader
from components.stack_config.validators import template_problem
from components.streaming_lambda.args import AUTHORIZATIONS
from components.streaming_lambda.tokens import TOKEN_SECONDS, TokenArgs, audience_problem, issuer_problem
from contract.tokens import SHARED_ISSUER


class AccessOptions(TypedDict):
    authorization: str
    websocket_url: str
    token_issuer: str
    token_audience: str
    token_max_seconds: int
    secret_prefix: str


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """What the names of secrets begin with, and whose tokens are accepted. `issuer` is empty for the stack's own."""

    secret_prefix: str
    issuer: str
    audience: str
    max_seconds: int

    @classmethod
    def of(cls, secret_prefix: str, issuer: str, audience: str, max_seconds: int) -> "AccessSettings":
        """With the stack's own name where prefix or audience are empty."""
        own = f"{pulumi.get_project()}/{pulumi.get_stack()}"
        return cls(secret_prefix or own, issuer, audience or own, max_seconds)

    @property
    def issuer_name(self) -> str:
        """The claim iss of the tokens."""
        return self.issuer or SHARED_ISSUER

    @property
    def model_secret(self) -> str:
        """Name of the secret with the model provider's key."""
        return secret_name(self.secret_prefix, MODEL_KEY)

    def tokens(self, code: CodeRef, signing_key: SecretRef) -> TokenArgs:
        return {
            "code": code,
            "signing_key": signing_key,
            "audience": self.audience,
            "issuer": self.issuer,
            "max_seconds": self.max_seconds,
        }


def read_access(reader: ConfigReader) -> AccessOptions:
    """The keys as they are set."""
    return {
        "authorization": reader.choice("authorization", AUTHORIZATIONS),
        "websocket_url": reader.text("websocketUrl", template_problem),
        "token_issuer": reader.text("tokenIssuer", issuer_problem, shown=shown),
        "token_audience": reader.text("tokenAudience", lambda given: audience_problem(given) if given else ""),
        "token_max_seconds": reader.integer("tokenMaxSeconds", TOKEN_SECONDS),
        "secret_prefix": reader.text("secretPrefix", _prefix_problem),
    }


def _prefix_problem(prefix: str) -> str:
    wrong = prefix_problems(prefix) if prefix else []
    return wrong[0].partition("; ")[2] if wrong else ""
