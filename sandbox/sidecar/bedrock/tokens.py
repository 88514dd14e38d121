"""A token of the sandbox: a short word or part of one, about four characters, so that counts are realistic."""

import re

_TOKEN = re.compile(r"\s*(?:\w{1,7}|[^\w\s])|\s+$")


def split_tokens(text: str) -> list[str]:
    """Pieces that join to the text again, each at most one word of seven letters with the space before it."""
    return _TOKEN.findall(text)


def count_tokens(text: str) -> int:
    return len(_TOKEN.findall(text))
