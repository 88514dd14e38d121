"""What the authorizer needs, from its environment."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

from runtime.environment import TOKENS, MissingVariableError


@dataclass(frozen=True, slots=True)
class AuthorizerEnvironment:
    """`issuer` is the URL of an OpenID Connect or OAuth issuer; empty for the stack's own key, which is then in
    `signing_secret`, a name or an ARN. Tokens are for `audience`, and valid for up to `max_seconds`."""

    issuer: str
    signing_secret: str
    audience: str
    max_seconds: int

    @classmethod
    def read(cls, variables: Mapping[str, str] = os.environ) -> "AuthorizerEnvironment":
        """From one variable, in JSON. Raises MissingVariableError."""
        given = json.loads(variables.get(TOKENS) or "{}")
        if not given.get("audience") or not (given.get("issuer") or given.get("signing_secret")):
            raise MissingVariableError(TOKENS)
        return cls(
            issuer=given.get("issuer", ""),
            signing_secret=given.get("signing_secret", ""),
            audience=given["audience"],
            max_seconds=int(given["max_seconds"]),
        )
