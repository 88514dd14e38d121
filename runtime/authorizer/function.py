"""The authorizer: asked by API Gateway at $connect who the caller is. It answers with a policy, and logs no token."""

from collections.abc import Mapping
from typing import Any

from contract.tokens import SHARED_ISSUER
from runtime.authorizer.environment import AuthorizerEnvironment
from runtime.authorizer.errors import IssuerUnavailableError, RejectedTokenError
from runtime.authorizer.handshake import token_of
from runtime.authorizer.issuer_keys import IssuerKeys
from runtime.authorizer.shared_key import SharedKey
from runtime.authorizer.verifier import Caller, Verifier
from runtime.process.lambda_function import LambdaContext, LambdaFunction, Served
from runtime.process.logs import log
from runtime.process.secrets import Secret


class UnavailableError(Exception):
    """API Gateway answers this error of an authorizer with 500, after which a client may try again."""


def create_verifier(environment: AuthorizerEnvironment) -> Verifier:
    if environment.issuer:
        keys: IssuerKeys | SharedKey = IssuerKeys(environment.issuer)
    else:
        keys = SharedKey(Secret(environment.signing_secret))
    return Verifier(keys, environment.issuer or SHARED_ISSUER, environment.audience, environment.max_seconds)


def _serve(verifier: Verifier, event: Mapping[str, Any], _context: LambdaContext) -> Served[dict[str, Any]]:
    method = str(event.get("methodArn", ""))
    connection_id = (event.get("requestContext") or {}).get("connectionId")
    try:
        caller = verifier.verify(token_of(event))
    except RejectedTokenError as problem:
        log("authorizer.rejected", connection_id=connection_id, reason=str(problem))
        return Served(_policy("Deny", method, "nobody", {}), {"allowed": False})
    except IssuerUnavailableError as problem:
        log("authorizer.unavailable", level="ERROR", connection_id=connection_id, reason=str(problem))
        raise UnavailableError("tokens cannot be checked now") from None
    return Served(_allow(caller, method), {"allowed": True})


def _allow(caller: Caller, method: str) -> dict[str, Any]:
    context = {"tokenId": caller.token_id, "issuedAt": caller.issued_at, "expiresAt": caller.expires_at}
    return _policy("Allow", method, caller.owner, context)


def _policy(effect: str, method: str, principal: str, context: Mapping[str, Any]) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": method}
    return {
        "principalId": principal,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": dict(context),
    }


handler = LambdaFunction[Verifier, dict[str, Any]](
    "authorizer",
    lambda: create_verifier(AuthorizerEnvironment.read()),
    _serve,
    warm_reply={},
)
"""Lambda's entry point for API Gateway's question."""
