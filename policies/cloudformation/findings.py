"""Findings of AWS's engine and of the published rules, in the form and the words of the project's own rules."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from policies.cloudformation.engine import Diagnostic
from policies.cloudformation.preflight import Rule
from policies.cloudformation.trace import steps
from policies.rules.finding import Finding
from policies.rules.secret_values import secret_kind
from policies.rules.values import format_number

SHOWN: Final = 80
"""Characters of a value in a message."""
ALL: Final = "properties"
"""Stands for the property of a finding about the resource as a whole."""

IN_THE_TEMPLATE: Final = re.compile(r" at Resources/\S+")
"""Where the engine found it in the template, which no user sees."""

_LIMITS: Final[Sequence[tuple[re.Pattern[str], str]]] = tuple(
    (re.compile(pattern, re.DOTALL), allowed)
    for pattern, allowed in (
        (r".*does not match pattern '(.+)'", "what matches {0}"),
        (r".*does not match format '(.+)'", "what has the form of an {0}"),
        (r".*is not one of \[(.+)\]", "one of {0}"),
        (r".*is greater than the maximum of (\S+)", "at most {0}"),
        (r".*is less than the minimum of (\S+)", "at least {0}"),
        (r"length \d+ is below minimum (\d+)", "at least {0} characters"),
        (r"length \d+ (?:is above|exceeds) maximum (\d+)", "at most {0} characters"),
        (r".*expected maximum item count: (\d+), found: \d+", "at most {0} entries"),
        (r".*expected minimum item count: (\d+), found: \d+", "at least {0} entries"),
        (r".*is not of type '(.+)'", "a value of the type {0}"),
    )
)


class Absent:
    """The type of ABSENT."""


ABSENT: Final = Absent()


def value_at(template: Mapping[str, Any], logical_id: str, path: str) -> object:
    """What stands at a path of a resource of the template; ABSENT where nothing does."""
    value: object = template["Resources"][logical_id]["Properties"]
    for step in steps(path):
        if isinstance(value, str):
            value = _document(value)
        if isinstance(value, Mapping) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return ABSENT
    return value


def _document(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def is_known(value: object) -> bool:
    """Returns whether the program has set a known value there: a reference to a parameter is not known yet."""
    return value is not ABSENT and not (isinstance(value, Mapping) and value.keys() == {"Ref"})


def schema_finding(found: Diagnostic, kind: str, prop: str, value: object) -> Finding:
    """A finding of AWS's engine; `kind` is the CloudFormation type that it judged."""
    limit = next(
        (text.format(*match.groups()) for like, text in _LIMITS if (match := like.fullmatch(found.message))), ""
    )
    if limit:
        why = f"AWS's schema of {kind} rejects anything else ({found.rule})"
    else:
        why = f"AWS's validation engine reports of {kind}: {_phrase(found.message)} ({found.rule})"
    return Finding(
        property=prop or ALL,
        value=shown(value, prop),
        allowed=limit or f"what AWS's schema of {kind} takes",
        why=why,
        fix=_phrase(found.fix) or "Change it to what is allowed",
        source=found.rule,
    )


def rule_finding(found: Diagnostic, rule: Rule, prop: str, value: object) -> Finding:
    """A finding of a rule of cdk-preflight."""
    hidden = _is_secret(prop, value)
    reason = "AWS rejects it" if hidden else _phrase(found.message)
    return Finding(
        property=prop or ALL,
        value=shown(value, prop),
        allowed=_phrase(rule.title),
        why=f"{reason[:1].upper()}{reason[1:]} ({rule.id})",
        fix=_phrase(found.fix) or "Change it to what is allowed",
        source=rule.id,
    )


def shown(value: object, prop: str) -> str:
    """A value as it may stand in a message: short, and never a secret's."""
    if not prop:
        return "a combination that AWS rejects"
    if not is_known(value):
        return "unset"
    return "set" if _is_secret(prop, value) else _written(value)


def _written(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return format_number(value)
        case str():
            return repr(value if len(value) <= SHOWN else f"{value[:SHOWN]}…")
        case list():
            return f"a list of {len(value)}"
        case _:
            return "an object" if value else "empty"


def _is_secret(prop: str, value: object) -> bool:
    return isinstance(value, str) and secret_kind(re.split(r"[.\[]", prop)[-1], value) is not None


def _phrase(text: str) -> str:
    return " ".join(IN_THE_TEMPLATE.sub("", text).split()).rstrip(".")
