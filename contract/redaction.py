"""Texts of logs and errors for users: short, and without what looks like a secret."""

import re
from typing import Final

MAX_LENGTH: Final = 300

_HIDDEN: Final = "***"
_READ_LENGTH: Final = 4_000
"""Of a text, before it is searched: a line of a log may be as long as 256 KB."""

_NAMED_SECRET: Final = re.compile(
    r"""(?ix) ( [\w-]*
    (?: api[_-]?key | authorization | credential | passw(?:or)?d | pwd | secret | signature | token ) [\w-]*
    ["']? \s* [=:] \s* (?P<quote> ["'] )? (?: (?: basic | bearer ) \s+ )? )
    (?(quote) (?: (?! (?P=quote) ) . )+ | [^\s"',;&]+ )"""
)
_BARE_SECRET: Final = re.compile(
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*|\bsk-[\w-]{16,}|(?<=[Bb]earer )[\w.~+/=-]{8,}"
    r"|\bgh[a-z]_\w{16,}|\bgithub_pat_\w{16,}|\bxox[a-z]-[\w-]{8,}|(?<=://)[^\s/@]*:[^\s/@]+(?=@)"
)


def redact(text: str) -> str:
    """The text with what looks like a secret hidden, cut to 300 characters."""
    hidden = _BARE_SECRET.sub(_HIDDEN, _NAMED_SECRET.sub(rf"\g<1>{_HIDDEN}", text[:_READ_LENGTH]))
    return hidden if len(hidden) <= MAX_LENGTH else f"{hidden[: MAX_LENGTH - 1]}…"
