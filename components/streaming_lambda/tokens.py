"""Whose tokens are accepted under authorization JWT: arguments, and their validation."""

from typing import Final, NotRequired, TypedDict
from urllib.parse import urlsplit

from components.addresses import is_emulated, model_url_problem, shown
from components.functions.platform import code_problems
from components.refs import CodeRef, SecretRef
from components.validation import range_problems
from contract.loopback import LOOPBACK
from contract.owners import token_owner
from contract.tokens import LONGEST_SECONDS
from policies.rules.aws_limits import Range

TOKEN_SECONDS: Final = Range(60, LONGEST_SECONDS, "seconds", None)
_LONGEST_AUDIENCE: Final = 256
_WELL_KNOWN: Final = "/.well-known/"


class TokenArgs(TypedDict):
    """Whose tokens are accepted under authorization JWT."""

    code: CodeRef
    """Code of the authorizer, with PyJWT."""
    signing_key: SecretRef
    """Secret with the key of the stack's own tokens, which only a stack without an issuer reads."""
    audience: str
    """Claim aud of the tokens: what tells this stack's tokens from those of others."""
    issuer: NotRequired[str]
    """URL of an OpenID Connect or OAuth issuer; default: tokens signed with the stack's own key."""
    max_seconds: NotRequired[int]
    """Seconds that a token may be valid, 60 to 2592000; default 86400."""


DEFAULT_MAX_SECONDS: Final = 86_400


def token_problems(tokens: TokenArgs) -> list[str]:
    """One message for each argument that AWS, or the authorizer, would reject later."""
    issuer, audience = tokens.get("issuer", ""), tokens["audience"]
    wrong_issuer, wrong_audience = issuer_problem(issuer), audience_problem(audience)
    return [
        *code_problems("tokens.code", tokens["code"]),
        *([f"tokens.issuer is {shown(issuer)}; {wrong_issuer}"] if wrong_issuer else []),
        *([f"tokens.audience is {audience!r}; {wrong_audience}"] if wrong_audience else []),
        *range_problems("tokens.max_seconds", tokens.get("max_seconds"), TOKEN_SECONDS),
    ]


def issuer_problem(url: str) -> str:
    """Of the issuer's URL, as its tokens name it (claim iss). Returns the end of an error message, as above."""
    if not url:
        return ""
    if problem := model_url_problem(url):
        return problem
    if _WELL_KNOWN in url:
        return f"give the issuer as its tokens name it, without {_WELL_KNOWN}..."
    parts = urlsplit(url)
    if parts.scheme != "https" and not (is_emulated() and parts.hostname in LOOPBACK):
        return "give an https URL"
    try:
        token_owner(url, "x" * 36)
    except ValueError:
        return "it is too long to be part of the owner of a run"
    return ""


def audience_problem(audience: str) -> str:
    """Of the claim aud of the tokens. Returns the end of an error message, empty if the value is valid."""
    is_text = audience.isprintable() and audience == audience.strip()
    if is_text and 0 < len(audience) <= _LONGEST_AUDIENCE:
        return ""
    return f"give what the issuer's tokens name as their audience, 1 to {_LONGEST_AUDIENCE} characters"
