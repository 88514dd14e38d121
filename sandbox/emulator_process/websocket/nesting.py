"""How deep a JSON text is nested, found without a recursive parser."""

import re
from typing import Final

_TOKENS: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[{]|[\]}]', re.DOTALL)
"""A string, in which brackets do not count, or a bracket."""


def is_nested_deeper(text: str, most: int) -> bool:
    """Returns whether more than `most` arrays and objects are open at any place of the text, valid JSON or not."""
    if text.count("[") + text.count("{") <= most:
        return False
    depth = 0
    for token in _TOKENS.finditer(text):
        if token[0] in "[{":
            depth += 1
            if depth > most:
                return True
        elif token[0] in "]}":
            depth -= 1
    return False
