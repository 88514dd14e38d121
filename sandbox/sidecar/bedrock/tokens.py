"""Splits text into tokens: short words or parts of words of about four characters, so that counts are realistic."""

import re

_TOKEN = re.compile(r"\s*(?:\w{1,7}|[^\w\s])|\s+$")


def split_tokens(text: str) -> list[str]:
    """Returns pieces that join to the text again, each at most a word of seven letters and the space before it."""
    return _TOKEN.findall(text)


def count_tokens(text: str) -> int:
    return len(_TOKEN.findall(text))
