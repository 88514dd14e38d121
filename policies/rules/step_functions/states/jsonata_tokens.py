"""The tokens of JSONata, as far as rules need them: what is a string, a regular expression, a name or an operator."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_TOKEN: Final = re.compile(
    r"""(?P<space>\s+|/\*.*?\*/)|(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<name>`[^`]*`)"""
    r"""|(?P<broken>["'`]|/\*)|(?P<number>\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)|(?P<variable>\$(?:[^\W\d]\w*|\$)?)"""
    r"""|(?P<word>[^\W\d]\w*)|(?P<bracket>[()\[\]{}])|(?P<operator>:=|!=|<=|>=|~>|\*\*|\.\.|\?\?|\?:|.)""",
    re.DOTALL,
)
_OPERATORS_IN_WORDS: Final = frozenset({"and", "or", "in"})
_CLOSING: Final = frozenset(")]}")
_DEEPER: Final = frozenset("([{")


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is text, name (in backquotes), number, variable, word, bracket, operator, regex, or broken: a quote or a
    comment that nothing closes."""

    kind: str
    text: str
    follows_operand: bool
    """Whether a value stands before it, so that an operator has two operands and a slash is a division."""


def tokens(code: str) -> Iterator[Token]:
    """Yields the tokens up to the end, or up to the first that is broken."""
    position, before = 0, None
    while position < len(code) and (found := _TOKEN.match(code, position)) is not None:
        position = found.end()
        kind, text = str(found.lastgroup), found.group()
        if kind == "space":
            continue
        follows = before is not None and _is_operand(before)
        if kind == "operator" and text == "/" and not follows:
            position, kind = _regex_end(code, position), "regex"
            text = code[found.start() : position]
            if not text.endswith(("/", "/i", "/m", "/im", "/mi")) or len(text) == 1:
                kind, text = "broken", "/"
        before = Token(kind, text, follows)
        yield before
        if kind == "broken":
            return


def _is_operand(token: Token) -> bool:
    """Whether a value may end here. `*` and `%` without a value before them are steps of a path."""
    if token.kind == "operator":
        return token.text in ("*", "**", "%") and not token.follows_operand
    if token.kind == "bracket":
        return token.text in _CLOSING
    return not (token.kind == "word" and token.text in _OPERATORS_IN_WORDS and token.follows_operand)


def _regex_end(code: str, position: int) -> int:
    """The end of the regular expression whose slash stands before `position`, with its flags: slashes within brackets
    belong to it."""
    depth = 0
    while position < len(code):
        sign = code[position]
        if sign == "\\":
            position += 1
        elif sign == "/" and depth == 0:
            position += 1
            while position < len(code) and code[position] in "im":
                position += 1
            return position
        elif sign in _DEEPER:
            depth += 1
        elif sign in _CLOSING:
            depth -= 1
        position += 1
    return position
