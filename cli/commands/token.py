"""`longrun token`: makes and revokes the tokens by which a deployment with authorization JWT identifies callers."""

import re
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer

from cli.deployment.deployment import Deployment
from cli.deployment.targets import find_deployment
from cli.errors import CliError
from cli.options import Json, TargetOptions
from cli.output import Output
from cli.tokens.calls import invoke_gateway
from cli.tokens.signing_key import SigningKey
from contract.owners import USER, USER_FORM, token_owner
from contract.tokens import SHARED_ALGORITHM, SHARED_ISSUER, unverified_claims
from contract.tokens import token_id as id_of

ACTIONS: Final = ("issue", "revoke", "key")
_UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}
_TIME: Final = re.compile(r"(?P<count>\d{1,8})(?P<unit>[smhd]?)")

Action = Annotated[
    str,
    typer.Argument(
        metavar="[issue|revoke|key]",
        help="issue makes a token; revoke ends one, or all of a user; key makes a new key, which ends all tokens.",
    ),
]
Expires = Annotated[
    str, typer.Option("--expires", metavar="TIME", help="How long the token is valid, such as 45m, 8h or 7d.")
]
TokenId = Annotated[
    str | None,
    typer.Option("--id", metavar="ID", help="The id (jti) of the user's token to revoke, instead of --token."),
]
All = Annotated[bool, typer.Option("--all", metavar="", help="Revoke all tokens that the user has got until now.")]


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    claims: dict[str, Any]

    @property
    def document(self) -> dict[str, Any]:
        expires_at = datetime.fromtimestamp(self.claims["exp"], UTC).isoformat().replace("+00:00", "Z")
        owner = token_owner(SHARED_ISSUER, self.claims["sub"])
        return {"token": self.text, "token_id": self.claims["jti"], "owner": owner, "expires_at": expires_at}


def token(
    action: Action = "issue",
    expires: Expires = "1h",
    token_id: TokenId = None,
    every: All = False,
    *,
    target: TargetOptions,
    as_json: Json = False,
) -> None:
    """Make a token for a caller, revoke one, or make a new key for them.

    For a deployment with authorization JWT that signs its tokens itself. A token is written to stdout, for
    LONGRUN_TOKEN. JSON has {token, token_id, owner, expires_at}, {owner, token_id, closed} or {secret}.
    """
    output, deployment = Output(as_json), find_deployment(target)
    if action == "issue":
        made = _issued(deployment, SigningKey(deployment), target.user, expires)
        output.document(made.document)
        output.line(made.text)
    elif action == "revoke":
        _revoke(output, deployment, _revoked(target, token_id, every))
    elif action == "key":
        key = SigningKey(deployment)
        key.renew()
        output.document({"secret": key.secret})
        output.line(f"the secret '{key.secret}' has a new key; tokens of the old one end within five minutes")
    else:
        raise CliError("USAGE", f"the action is '{action}'; it can be {', '.join(ACTIONS)}")


def _issued(deployment: Deployment, key: SigningKey, user: str | None, expires: str) -> _Token:
    import jwt  # noqa: PLC0415  importing it takes 100 ms, and other commands do not need it

    subject, seconds = _subject(user), _seconds(expires)
    longest = int(deployment.outputs.get("token_max_seconds", seconds))
    if seconds > longest:
        raise CliError("USAGE", f"--expires is {seconds} s; {deployment.name} accepts tokens of up to {longest} s")
    now = int(time.time())
    claims = {
        "iss": SHARED_ISSUER,
        "aud": str(deployment.outputs["token_audience"]),
        "sub": subject,
        "iat": now,
        "exp": now + seconds,
        "jti": uuid.uuid4().hex,
    }
    return _Token(jwt.encode(claims, key.value(), SHARED_ALGORITHM), claims)


def _subject(user: str | None) -> str:
    if not user:
        raise CliError("USAGE", "the token is for nobody; name the caller with --user NAME")
    try:
        if USER.fullmatch(user) and token_owner(SHARED_ISSUER, user):
            return user
    except ValueError as error:
        raise CliError("USAGE", f"--user is '{user}': {error}") from None
    raise CliError("USAGE", f"--user is '{user}'; {USER_FORM}")


def _seconds(expires: str) -> int:
    match = _TIME.fullmatch(expires)
    seconds = int(match["count"]) * _UNITS[match["unit"]] if match else 0
    if not seconds:
        raise CliError("USAGE", f"--expires is '{expires}'; write it as 45m, 8h or 7d")
    return seconds


def _revoked(target: TargetOptions, given_id: str | None, every: bool) -> dict[str, str]:
    """The request that names what is to be revoked."""
    if sum((bool(given_id), every, not given_id and not every and bool(target.token))) != 1:
        raise CliError(
            "USAGE", "name one thing to revoke: --token TOKEN, --id ID with --user NAME, or --all with --user"
        )
    if given_id or every:
        owner = token_owner(SHARED_ISSUER, _subject(target.user))
        return {"owner": owner, **({"token_id": given_id} if given_id else {})}
    try:
        claims = unverified_claims(str(target.token))
        owner = token_owner(str(claims.get("iss", "")), str(claims.get("sub", "")))
    except ValueError as error:
        raise CliError("USAGE", f"the token cannot be revoked: {error}") from None
    return {"owner": owner, "token_id": id_of(str(target.token), claims)}


def _revoke(output: Output, deployment: Deployment, request: dict[str, str]) -> None:
    reply = invoke_gateway(deployment, {"revoke": request}, "a token is revoked")
    if "closed" not in reply:
        raise CliError("INTERNAL", "the gateway could not revoke the token; see its log with 'longrun logs gateway'")
    closed = int(reply["closed"])
    output.document({**request, "token_id": request.get("token_id"), "closed": closed})
    what = "the token" if "token_id" in request else "all tokens until now"
    output.line(f"{what} of {request['owner']} cannot be used any more; connections closed: {closed}")
