"""Whether a finding holds although not everything of the stack is known."""

from collections.abc import Mapping
from typing import Final

from policies.cloudformation.engine import Diagnostic
from policies.cloudformation.filters import Accepted, Need
from policies.cloudformation.findings import is_known, value_at
from policies.cloudformation.preflight import Rule
from policies.cloudformation.translate import Translation

ACROSS: Final = 5
"""Types of a rule that compares resources, at most; a rule about more judges each by itself, as it does policies."""


def holds(found: Diagnostic, accepted: Accepted, rule: Rule | None, translation: Translation) -> bool:
    """Whether what is not known cannot be why the finding was made; `rule` is that of cdk-preflight, if it is one."""
    value = value_at(translation.template, found.logical_id, found.path)
    if accepted.need is Need.VALUE:
        return found.logical_id not in translation.incomplete or (found.path != "" and is_known(value))
    parameters = translation.template.get("Parameters", {})
    if found.path and parameters and _names(value, parameters):
        return False
    if found.logical_id in translation.incomplete:
        return False
    return not _others(found, rule, translation) & (translation.incomplete | translation.unknown)


def _others(found: Diagnostic, rule: Rule | None, translation: Translation) -> set[str]:
    """The other resources that the finding may depend on."""
    if rule is None or not 1 < len(rule.types) <= ACROSS:
        return set()
    resources = translation.template["Resources"]
    return {name for name, resource in resources.items() if resource["Type"] in rule.types} - {found.logical_id}


def _names(value: object, parameters: Mapping[str, object]) -> bool:
    """Returns whether a text in the value is not known yet."""
    if isinstance(value, Mapping):
        return value.get("Ref") in parameters or any(_names(member, parameters) for member in value.values())
    return isinstance(value, list) and any(_names(member, parameters) for member in value)
