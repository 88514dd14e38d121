"""What a rule in Rego depends on: only what stands there or also what is missing, and which resources it looks for.

Where a value is not known the translation leaves it out, so a rule of the second kind would fire on what the
deployment is going to have. Read from the rule's source with doubt on the safe side: a rule counts as one that judges
values only if nothing in it, or in what it calls, tests for absence, counts, compares with a default, or negates.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

ABSENT: Final = '"__pf_absent"'
COMMENT: Final = re.compile(r"^\s*#.*$", re.MULTILINE)
TEXT: Final = re.compile(r'"(?:\\.|[^"\\])*"|`[^`]*`')
PART: Final = re.compile(r"^(?=(?:default\s+)?_pf_\w+|violation )", re.MULTILINE)
HEAD: Final = re.compile(r"(?:default\s+)?(_pf_\w+)")
CALLED: Final = re.compile(r"_pf_\w+")

STANDS: Final = re.compile(rf"!= {ABSENT}|!= null|not input\.resources\[")
"""That something stands there, or that a text names no resource."""
OF_A_VALUE: Final = re.compile(r"not (?:regex\.match|startswith|endswith|contains|is_\w+|json\.is_valid)\(")
DENIED: Final = re.compile(r"\bnot\b|!=")
MEMBER: Final = re.compile(r"not [\w.]+(?:\[\w+\])? in (\{|_pf_\w+)")
NEGATED: Final = re.compile(r"not (_pf_\w+)\(")
LOOKED_UP: Final = re.compile(rf'object\.get\([^\n]*?, (?:null|{ABSENT}|""|\[\]|\{{\}})\)')
DOUBTFUL: Final = re.compile(
    rf"== {ABSENT}|== null|== (?:\[\]|\{{\}}|set\(\))|== 0\b"
    r"|\bdefault\b|\belse\b|\bevery\b|\bnot\b|\bsum\(|object\.get\("
    r"|\) - |\w - [a-z_({]"  # of sets: what is required without what is given
    r"|to_number\(\)|:= count\(|\bcount\([^\n]*?\)\s*(?:==|!=|<)"
)
OF_THE_TEMPLATE: Final = re.compile(
    r"resolve\(|object\.get|resources_of_type|flatten_list|input\.resources\[\w+\]\.|\bsome\b|\[_\]|data\."
)

LISTED: Final = re.compile(r'resources_of_type\("([^"]+)"\)')
ANY_LISTED: Final = re.compile(r"resources_of_type\((?!\")|\bin input\.resources\b")
"""That the rule looks for resources of a type that its caller names, or for all."""
TYPE: Final = re.compile(r'"(\w+::\w+::\w+)"')

Parts = Mapping[str, str]
"""The functions of a source by their names; what is a violation under the empty name."""


class Library:
    """The functions that all rules may call."""

    def __init__(self, sources: Iterable[str]) -> None:
        self._parts: dict[str, str] = {}
        self._texts: dict[str, str] = {}
        for source in sources:
            self._parts.update(_parts(source))
            self._texts.update(_split(COMMENT.sub("", source)))

    def judges_values(self, source: str) -> bool:
        """Whether the rule's findings hold whatever else is not known."""
        own = _parts(source)
        return not _doubtful(own[""], {**self._parts, **own}, frozenset())

    def listed_types(self, source: str) -> frozenset[str]:
        """Returns the CloudFormation types of which the rule, or what it calls, goes through all resources: what it
        finds may depend on any of them. Resources that it reaches by following a reference are not among them."""
        own = _split(COMMENT.sub("", source))
        text = "\n".join(_called(own[""], {**self._texts, **own}))
        return frozenset((TYPE if ANY_LISTED.search(text) else LISTED).findall(text))


def _parts(source: str) -> Parts:
    return _split(TEXT.sub(lambda text: text[0] if text[0] in (ABSENT, '""') else '"…"', COMMENT.sub("", source)))


def _called(text: str, parts: Parts) -> Iterator[str]:
    """Yields a text and all functions that it calls, each once."""
    seen: set[str] = set()
    waiting = [text]
    while waiting:
        yield (one := waiting.pop())
        new = set(CALLED.findall(one)) - seen
        seen |= new
        waiting.extend(parts.get(name, "") for name in sorted(new))


def _split(text: str) -> Parts:
    parts: dict[str, str] = defaultdict(str)
    for part in PART.split(text):
        head = HEAD.match(part)
        parts[head[1] if head else ""] += part
    return parts


def _doubtful(text: str, parts: Parts, seen: frozenset[str]) -> bool:
    plain = LOOKED_UP.sub("", text)
    # What is looked up with a default may be the default: then nothing may be denied of it.
    if plain != text and DENIED.search(STANDS.sub("", plain)):
        return True
    plain = STANDS.sub("", plain)
    plain = OF_A_VALUE.sub("", plain)
    plain = MEMBER.sub(lambda found: "" if _is_constant(found[1], parts) else found[0], plain)
    plain = NEGATED.sub(lambda found: "(" if _is_of_values(found[1], parts, frozenset()) else found[0], plain)
    if DOUBTFUL.search(plain):
        return True
    called = set(CALLED.findall(text)) - seen
    return any(_doubtful(parts.get(name, ""), parts, seen | {name}) for name in called)


def _is_constant(name: str, parts: Parts) -> bool:
    return name == "{" or re.match(rf"{name} := [\[{{]", parts.get(name, "")) is not None


def _is_of_values(name: str, parts: Parts, seen: frozenset[str]) -> bool:
    """Whether a function looks at its arguments only, so that nothing missing makes it false."""
    text = parts.get(name, "")
    if not text or OF_THE_TEMPLATE.search(text):
        return False
    return all(_is_of_values(called, parts, seen | {name}) for called in set(CALLED.findall(text)) - seen - {name})
