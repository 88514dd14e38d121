"""Plain-text secrets, recognised by the form of a value or by its name. Values are never shown."""

import math
import re
from collections import Counter
from collections.abc import Mapping
from typing import Final

from policies.rules.finding import Finding

_FORMS: Final[Mapping[str, re.Pattern[str]]] = {
    "an AWS access key": re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Z0-9])"),
    "a private key": re.compile(r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY"),
    "an API key": re.compile(
        r"(?<![A-Za-z0-9])(?:sk-[A-Za-z0-9_-]{20}|[rs]k_live_[A-Za-z0-9]{16}|AIza[A-Za-z0-9_-]{35}|hf_[A-Za-z0-9]{30})"
    ),
    "a JSON web token": re.compile(
        r"(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{8,2000}\.eyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{10}"
    ),
    "an access token": re.compile(
        r"(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22}|xox[abeprs]-[A-Za-z0-9-]{10})"
    ),
    "an authorization header": re.compile(r"(?i)(?<![A-Za-z0-9])(?:basic|bearer)(?: +|%20)[a-z0-9+/=_.-]{16}"),
    "a password in an address": re.compile(r"(?<![a-z0-9])[a-z][a-z0-9+.-]{1,20}://[^/\s:@]{1,200}:[^/\s:@]{1,200}@"),
}

_PASSWORD: Final = re.compile(r"(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE)$")
_SECRET: Final = re.compile(
    r"(?:^|_)(?:API_?KEY|SECRET_?KEY|PRIVATE_?KEY|ACCESS_KEY|CLIENT_SECRET|(?:ACCESS|AUTH|BEARER|REFRESH|API)_?TOKEN)$"
)
_MAYBE: Final = re.compile(r"(?:^|_)(?:SECRET|TOKEN|KEY|CREDENTIALS?|AUTH|AUTHORIZATION|HEADERS)$")
_NO_SECRET: Final = re.compile(r"(?:^|_)PUBLIC(?:_|$)")
_REFERENCE: Final = re.compile(r"arn:aws|\{\{resolve:|\$\{|/[\w/.-]+$|(?:ssm|secretsmanager):")

_SHORTEST: Final = 8
"""Characters of a value that is taken for a secret by its name: "none" and "local" stand where a key is not needed."""

_RANDOM_LENGTH: Final = 20
_RANDOM_BITS: Final = 3.5
"""Bits of entropy per character: hexadecimal keys have close to 4, words less than 3.5."""


def secret_kind(name: str, value: str) -> str | None:
    """What secret a value looks like, for example `a private key`; None where it looks like none.

    ARNs, parameter paths and the like name a secret and are none.
    """
    for kind, form in _FORMS.items():
        if form.search(value):
            return kind
    plain_name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("-", "_").upper()
    if not value or _NO_SECRET.search(plain_name) or _REFERENCE.match(value):
        return None
    if _PASSWORD.search(plain_name):
        return "a password"
    if _SECRET.search(plain_name) and len(value) >= _SHORTEST:
        return "a key"
    return "a key" if _MAYBE.search(plain_name) and is_random(value) else None


def is_random(value: str) -> bool:
    """Whether an unbroken part of a text has the length and the entropy of a generated key; names of resources are
    broken by hyphens."""
    part = max(re.findall("[A-Za-z0-9+/=]+", value), key=len, default="")
    if len(part) < _RANDOM_LENGTH or not (re.search("[0-9]", part) and re.search("[A-Za-z]", part)):
        return False
    shares = [count / len(part) for count in Counter(part).values()]
    return -sum(share * math.log2(share) for share in shares) >= _RANDOM_BITS


def secret_finding(path: str, name: str, value: str, readers: str) -> Finding | None:
    """Returns the finding for a variable at a path, None for a value that is no secret. `readers` are the words between
    "Everyone who may" and "the stack's state"."""
    kind = secret_kind(name, value)
    if kind is None:
        return None
    return Finding(
        property=path,
        value=f"what looks like {kind}",
        allowed="the ARN or the name of a secret",
        why=f"Everyone who may {readers} the stack's state can read it",
        fix="Keep it in Secrets Manager, pass the ARN, and let the role read that secret when it is needed",
    )
