"""What a target is given: at most one of three, each of its own form."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.aws_limits.messaging import EVENT_INPUT_CHARACTERS, EVENT_INPUT_PATH_CHARACTERS, EVENT_INPUT_PATHS
from policies.rules.documents import json_problem
from policies.rules.finding import Finding
from policies.rules.messaging.resources.queue import TARGET
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import UNKNOWN, lookup, text

_REJECTED: Final = "EventBridge rejects the target with a ValidationException"
_WAYS: Final = ("input", "inputPath", "inputTransformer")
_PLACEHOLDER: Final = re.compile(r"<([A-Za-z0-9_.-]+)>")
_OWN: Final = "aws.events."
"""The start of placeholders that EventBridge fills itself."""


def _check(target: Resource) -> Iterator[Finding]:
    given = [way for way in _WAYS if lookup(target.properties, way) not in (None, UNKNOWN)]
    if len(given) > 1:
        fix = "Remove all but one"
        yield Finding(given[-1], f"set beside {given[0]}", f"one of {', '.join(_WAYS)}", _REJECTED, fix)
    for prop, limit in (("input", EVENT_INPUT_CHARACTERS), ("inputPath", EVENT_INPUT_PATH_CHARACTERS)):
        value = text(target.properties, prop)
        if value is not None:
            yield from _length_finding(prop, value, limit)
    problem = json_problem(lookup(target.properties, "input"))
    if problem is not None:
        yield Finding("input", problem, "JSON, of any kind", _REJECTED, "Write it with a JSON library")
    template = text(target.properties, "inputTransformer", "inputTemplate")
    if template is not None:
        yield from _length_finding("inputTransformer.inputTemplate", template, EVENT_INPUT_CHARACTERS)
        yield from _placeholder_findings(template, lookup(target.properties, "inputTransformer", "inputPaths"))


def _length_finding(prop: str, value: str, limit: int) -> Iterator[Finding]:
    if len(value) > limit:
        given = f"a text of {len(value):,} characters"
        yield Finding(prop, given, f"{limit:,} characters", _REJECTED, "Pass the name of what is too long, not itself")


def _placeholder_findings(template: str, paths: object) -> Iterator[Finding]:
    prop = "inputTransformer.inputPaths"
    if paths is not None and not isinstance(paths, Mapping):
        return
    names = {} if paths is None else paths
    if len(names) > EVENT_INPUT_PATHS:
        yield Finding(prop, f"{len(names)} paths", f"{EVENT_INPUT_PATHS} paths", _REJECTED, "Take whole objects")
    for name in dict.fromkeys(_PLACEHOLDER.findall(template)):
        if name not in names and not name.startswith(_OWN):
            fix = f'Add it: {{"{name}": "$.detail.{name}"}}'
            yield Finding(prop, f"without the placeholder <{name}>", "every placeholder", _REJECTED, fix)
    for name, path in names.items():
        if isinstance(path, str) and not path.startswith("$"):
            yield Finding(
                f"{prop}.{name}", repr(path), "a JSON path, from $ on", _REJECTED, "Write $.detail for detail"
            )


RULE = ResourceRule(
    name="eventbridge-target-input",
    description="A target is given a constant, a part of the event or a template, in EventBridge's form and size.",
    remediation="Use one of input, input_path and input_transformer, and a path for each placeholder.",
    types=frozenset({TARGET}),
    check=_check,
)
