"""Which kind of value an expression gives, as far as its outermost operator or function decides it."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Final

from policies.rules.step_functions.states.jsonata import FUNCTION_WORDS, inside
from policies.rules.step_functions.states.jsonata_tokens import Token, tokens

BOOLEAN: Final = "a boolean"
_NUMBER: Final = "a number"
_STRING: Final = "a string"
_ARRAY: Final = "an array"
_OBJECT: Final = "an object"
_NULL: Final = "null"
_NOTHING: Final = "nothing"
_UNKNOWN: Final = ""

_PAIRS: Final = {"(": ")", "[": "]", "{": "}"}
_CONSTRUCTED: Final = {"[": _ARRAY, "{": _OBJECT}
_COMPARING: Final = frozenset({"=", "!=", "<", "<=", ">", ">=", "in"})
_ADDING: Final = frozenset({"+", "-"})
_MULTIPLYING: Final = frozenset({"*", "/", "%"})
_OPAQUE: Final = frozenset({"^", "|", "??", "?:"})
"""Operators after which the kind is not known."""

_NAMES: Final[Mapping[str, Collection[str]]] = {
    BOOLEAN: ("boolean", "contains", "exists", "not"),
    _NUMBER: (
        *("abs", "average", "ceil", "count", "floor", "length", "max", "millis", "min", "number", "parseInteger"),
        *("power", "random", "round", "sqrt", "sum", "toMillis"),
    ),
    _STRING: (
        *("base64decode", "base64encode", "decodeUrl", "decodeUrlComponent", "encodeUrl", "encodeUrlComponent"),
        *("formatBase", "formatInteger", "formatNumber", "fromMillis", "hash", "join", "lowercase", "now", "pad"),
        *("replace", "string", "substring", "substringAfter", "substringBefore", "trim", "type", "uppercase", "uuid"),
    ),
    _ARRAY: ("partition", "range", "split", "zip"),
    _OBJECT: ("merge",),
}
_FUNCTIONS: Final = {name: kind for kind, names in _NAMES.items() for name in names}
_LITERALS: Final = {"true": BOOLEAN, "false": BOOLEAN, "null": _NULL}

_DEEPEST: Final = 50
"""Levels of brackets and conditions that are looked into."""


def kinds(text: str) -> frozenset[str]:
    """Returns the kinds that an expression may give, by its branches; an empty text among them is one not known."""
    return frozenset(_kinds(list(tokens(inside(text))), _DEEPEST))


def _kinds(code: Sequence[Token], left: int) -> Iterator[str]:
    if not code:
        yield _NOTHING
        return
    outer = list(_outer(code))
    if left == 0 or any(token.text in (_OPAQUE | FUNCTION_WORDS) and token.kind != "text" for _, token in outer):
        yield _UNKNOWN
        return
    if (bound := _first(outer, lambda token: token.text == ":=")) is not None:
        yield from _kinds(code[bound + 1 :], left - 1)
    elif (asked := _first(outer, lambda token: token.text == "?")) is not None:
        then, otherwise = _branches(code, outer, asked)
        yield from _kinds(then, left - 1)
        yield from _kinds(otherwise, left - 1)
    else:
        yield from _value_kinds(code, outer, left)


def _value_kinds(code: Sequence[Token], outer: Sequence[tuple[int, Token]], left: int) -> Iterator[str]:
    """The kinds of code that neither binds nor branches, by the operator that is applied last."""
    binary = [
        (index, token.text) for index, token in outer if token.kind in ("operator", "word") and token.follows_operand
    ]
    words = {text for _, text in binary}
    compared = [(index, text) for index, text in binary if text in _COMPARING or text == "~>"]
    added = [text for _, text in binary if text in _ADDING or text == "&"]
    if words & {"and", "or"}:
        yield BOOLEAN
    elif compared:
        index, text = compared[-1]
        yield _called(code[index + 1 :]) if text == "~>" else BOOLEAN
    elif added:
        yield _STRING if added[-1] == "&" else _NUMBER
    elif words & _MULTIPLYING or code[0].text == "-":
        yield _NUMBER
    elif code[0].text == "(" and _closing(code) == len(code) - 1:
        yield from _kinds(_last_statement(code[1:-1]), left - 1)
    else:
        yield _simple_kind(code)


def _simple_kind(code: Sequence[Token]) -> str:
    first = code[0]
    if len(code) == 1:
        of_kinds = {"text": _STRING, "number": _NUMBER, "regex": "a function"}
        return of_kinds.get(first.kind, _LITERALS.get(first.text, _UNKNOWN) if first.kind == "word" else _UNKNOWN)
    if first.text in _CONSTRUCTED and _closing(code) == len(code) - 1:
        return _CONSTRUCTED[first.text]
    return _called(code)


def _called(code: Sequence[Token]) -> str:
    """The kind of what a function gives that is called here, or that `~>` passes a value to."""
    if not code or code[0].kind != "variable":
        return _UNKNOWN
    is_whole = len(code) == 1 or (code[1].text == "(" and _closing(code[1:]) == len(code) - 2)
    return _FUNCTIONS.get(code[0].text[1:], _UNKNOWN) if is_whole else _UNKNOWN


def _outer(code: Sequence[Token]) -> Iterator[tuple[int, Token]]:
    """The tokens that stand in no brackets, with their places."""
    depth = 0
    for index, token in enumerate(code):
        if token.kind == "bracket":
            depth += 1 if token.text in _PAIRS else -1
        elif depth == 0:
            yield index, token


def _closing(code: Sequence[Token]) -> int:
    """The place of the bracket that closes the first token, or -1."""
    depth = 0
    for index, token in enumerate(code):
        if token.kind == "bracket":
            depth += 1 if token.text in _PAIRS else -1
            if depth == 0:
                return index
    return -1


def _branches(
    code: Sequence[Token], outer: Sequence[tuple[int, Token]], asked: int
) -> tuple[Sequence[Token], Sequence[Token]]:
    """What a condition gives when it holds, and otherwise."""
    waiting = 0
    for index, token in outer:
        if index > asked and token.text == "?":
            waiting += 1
        elif index > asked and token.text == ":":
            if waiting == 0:
                return code[asked + 1 : index], code[index + 1 :]
            waiting -= 1
    return code[asked + 1 :], ()


def _last_statement(code: Sequence[Token]) -> Sequence[Token]:
    ends = [index for index, token in _outer(code) if token.text == ";"]
    # A semicolon may end the last one too.
    ends = ends[:-1] if ends and ends[-1] == len(code) - 1 else ends
    last = code[ends[-1] + 1 :] if ends else code
    return last[:-1] if last and last[-1].text == ";" else last


def _first(outer: Sequence[tuple[int, Token]], holds: Callable[[Token], bool]) -> int | None:
    return next((index for index, token in outer if token.kind == "operator" and holds(token)), None)
