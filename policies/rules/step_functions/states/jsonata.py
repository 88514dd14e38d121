"""JSONata in the strings of a definition: where it stands, whether it is whole, and which variables it reads."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from policies.rules.step_functions.states.graph import State
from policies.rules.step_functions.states.jsonata_tokens import Token, tokens

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

FUNCTION_WORDS: Final = frozenset({"function", "λ"})
ROOT: Final = "$$"
UNSUPPORTED: Final = frozenset({"??", "?:", ROOT})
"""What JSONata has and Step Functions rejects: it has the operators of version 2.0.6 (TRANSFORMING_DATA), to which
version 2.1.0 adds the first two, and its expressions have no document as their root."""

TRANSFORMING_DATA: Final = "https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html"
_PAIRS: Final = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class Expression:
    """What is in one expression: the names that it reads, those whose existence it asks for, and those that it binds
    itself, what is wrong with its brackets and quotes, and what Step Functions' version of JSONata has not ("" where
    there is nothing)."""

    read: frozenset[str]
    asked: frozenset[str]
    bound: frozenset[str]
    problem: str
    unsupported: str
    has_condition: bool
    """Whether a part of it may not be evaluated."""


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
    found = list(tokens(inside(text)))
    seen, asked, bound = set[str](), set[str](), set[str]()
    parameters = False
    for index, token in enumerate(found):
        if token.kind == "bracket":
            parameters = parameters and token.text == "("
        elif token.kind == "word" and token.text in FUNCTION_WORDS:
            parameters = True
        elif token.kind == "variable" and token.text not in ("$", ROOT):
            name = token.text[1:]
            if parameters or _is_bound(found, index):
                bound.add(name)
            else:
                (asked if _is_asked(found, index) else seen).add(name)
    return Expression(
        read=frozenset(seen),
        asked=frozenset(asked),
        bound=frozenset(bound),
        problem=_problem(found),
        unsupported=next((token.text for token in found if token.text in UNSUPPORTED and token.kind != "text"), ""),
        has_condition=any(token.kind == "operator" and token.text == "?" for token in found),
    )


def _problem(found: Sequence[Token]) -> str:
    """What is wrong with the brackets and quotes."""
    waiting: list[str] = []
    for token in found:
        if token.kind == "broken":
            return f"{token.text} that nothing closes"
        if token.kind != "bracket":
            continue
        if token.text in _PAIRS:
            waiting.append(token.text)
        elif not waiting or _PAIRS[waiting.pop()] != token.text:
            return f"{token.text} that nothing opens"
    return f"{waiting[-1]} that nothing closes" if waiting else ""


def _is_bound(found: Sequence[Token], index: int) -> bool:
    """Whether a variable is given its value here: `$x := …`, `items@$x`, `items#$i`."""
    follows = index + 1 < len(found) and found[index + 1].text == ":="
    return follows or (index > 0 and found[index - 1].text in ("@", "#"))


def _is_asked(found: Sequence[Token], index: int) -> bool:
    """Whether a variable is the whole argument of `$exists`."""
    around = [token.text for token in found[max(index - 2, 0) : index + 2]]
    return around == ["$exists", "(", found[index].text, ")"]
