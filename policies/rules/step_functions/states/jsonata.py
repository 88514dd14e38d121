"""JSONata in the strings of a definition: where it stands, whether it is whole, and which variables it reads."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from policies.rules.step_functions.states.graph import State

OPENING, CLOSING = "{%", "%}"
NESTED_FIELDS: Final = frozenset({"Branches", "ItemProcessor", "Iterator"})
"""Fields whose states are judged where they stand."""

FUNCTIONS: Final = frozenset(
    {
        *("abs", "append", "assert", "average", "base64decode", "base64encode", "boolean", "ceil", "clone", "contains"),
        *("count", "decodeUrl", "decodeUrlComponent", "distinct", "each", "encodeUrl", "encodeUrlComponent", "error"),
        *("eval", "exists", "filter", "floor", "formatBase", "formatInteger", "formatNumber", "fromMillis", "join"),
        *("keys", "length", "lookup", "lowercase", "map", "match", "max", "merge", "millis", "min", "not", "now"),
        *("number", "pad", "parseInteger", "power", "random", "reduce", "replace", "reverse", "round", "shuffle"),
        *("sift", "single", "sort", "split", "spread", "sqrt", "string", "substring", "substringAfter"),
        *("substringBefore", "sum", "toMillis", "trim", "type", "uppercase", "zip"),
        *("hash", "parse", "partition", "range", "uuid"),
    }
)
"""JSONata's own, and those that Step Functions adds; it rejects eval (TRANSFORMING_DATA)."""

TRANSFORMING_DATA: Final = "https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html"
_PAIRS: Final = {"(": ")", "[": "]", "{": "}"}
_TOKEN: Final = re.compile(
    r"""(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|/\*.*?\*/)"""
    r"""|(?P<broken>["'`]|/\*)|(?P<slash>/)|(?P<bracket>[()\[\]{}])"""
    r"""|(?P<variable>\$[A-Za-z_]\w*)|(?P<word>\b(?:function|λ)\b)""",
    re.DOTALL,
)
_OPERAND: Final = re.compile(r"[\w)\]}\"'`%]")


@dataclass(frozen=True, slots=True)
class Expression:
    """What is in one expression: the names that it reads and those that it binds itself, what is wrong with its
    brackets and quotes ("" where nothing is), and whether it could be read to its end."""

    read: frozenset[str]
    bound: frozenset[str]
    problem: str
    whole: bool


def strings(state: State) -> Iterator[tuple[str, str]]:
    """(path in the state, text) of every string in a state, without those of the states inside it."""
    waiting: list[tuple[str, object]] = [
        (name, value) for name, value in reversed(list(state.items())) if name not in NESTED_FIELDS
    ]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, Mapping):
            waiting += [(f"{path}.{name}", member) for name, member in reversed(list(value.items()))]
        elif isinstance(value, list):
            waiting += [(f"{path}[{index}]", member) for index, member in reversed(list(enumerate(value)))]


def is_expression(text: str) -> bool:
    return text.startswith(OPENING) and text.endswith(CLOSING)


def inside(text: str) -> str:
    """The JSONata of an expression."""
    return text.removeprefix(OPENING).removesuffix(CLOSING).strip()


def read(text: str) -> Expression:
    """What is in the JSONata of a string."""
    code = inside(text)
    seen, bound = set[str](), set[str]()
    waiting: list[str] = []
    parameters = False
    for token in _TOKEN.finditer(code):
        kind, found = token.lastgroup, token.group()
        if kind == "broken":
            return Expression(frozenset(seen), frozenset(bound), f"{found} that nothing closes", whole=False)
        if kind == "slash" and not _is_division(code, token.start()):
            # A regular expression may hold quotes and brackets of its own.
            return Expression(frozenset(seen), frozenset(bound), "", whole=False)
        if kind == "bracket":
            parameters = parameters and found == "("
            if found in _PAIRS:
                waiting.append(found)
            elif not waiting or _PAIRS[waiting.pop()] != found:
                return Expression(frozenset(seen), frozenset(bound), f"{found} that nothing opens", whole=False)
        elif kind == "variable":
            binds = parameters or _is_bound(code, token)
            (bound if binds else seen).add(found[1:])
        elif kind == "word":
            parameters = True
    problem = f"{waiting[-1]} that nothing closes" if waiting else ""
    return Expression(frozenset(seen), frozenset(bound), problem, whole=True)


def _is_division(code: str, position: int) -> bool:
    while position and code[position - 1].isspace():
        position -= 1
    return position > 0 and _OPERAND.match(code[position - 1]) is not None


def _is_bound(code: str, token: re.Match[str]) -> bool:
    """Whether a variable is given its value here: `$x := …`, `items@$x`, `items#$i`."""
    return code.startswith(":=", _next(code, token.end())) or code[max(token.start() - 1, 0)] in "@#"


def _next(code: str, position: int) -> int:
    while position < len(code) and code[position].isspace():
        position += 1
    return position
