"""Whether a finding holds although not everything of the stack is known."""

from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import Any, Final

from policies.cloudformation.engine import Diagnostic
from policies.cloudformation.filters import Accepted, Need
from policies.cloudformation.findings import is_known, value_at
from policies.cloudformation.translate import Translation

Judged = Mapping[Diagnostic, Accepted]
Again = Callable[[Mapping[str, Any]], Collection[Diagnostic]]
"""Judges another template by the same rules."""

REFERENCES: Final = ({"Ref"}, {"Fn::GetAtt"})


class Completeness:
    """Decides for all findings of one stack. `judged` are those that are accepted, with how they are taken.

    A rule may look at other resources in two ways: it goes through all of some types, which its source tells, or it
    follows a reference. Whether a finding depends on what it follows shows when the same rules judge the stack without
    the resources that are not known in full: what is found there too does not depend on them.
    """

    def __init__(self, translation: Translation, judged: Judged, again: Again) -> None:
        self._translation = translation
        self._judged = judged
        self._again = again

    def holds(self, found: Diagnostic) -> bool:
        """Whether what is not known cannot be why the finding was made."""
        accepted, translation = self._judged[found], self._translation
        value = value_at(translation.template, found.logical_id, found.path)
        if accepted.need is Need.VALUE:
            return found.logical_id not in translation.incomplete or (found.path != "" and is_known(value))
        parameters = translation.template.get("Parameters", {})
        if found.path and parameters and _names(value, parameters):
            return False
        if found.logical_id in translation.incomplete or self._others(found) & self._uncertain:
            return False
        return not self._uncertain - {found.logical_id} or _key(found) in self._independent

    @cached_property
    def _uncertain(self) -> frozenset[str]:
        return self._translation.incomplete | self._translation.unknown

    def _others(self, found: Diagnostic) -> set[str]:
        """The other resources among which the rule looks for something."""
        types = self._judged[found].listed
        resources = self._translation.template["Resources"]
        return {name for name, resource in resources.items() if resource["Type"] in types} - {found.logical_id}

    @cached_property
    def _independent(self) -> frozenset[tuple[str, str, str]]:
        """What is found of the resources that are known in full, and of those with findings, without all others."""
        complete = {found.logical_id for found in self._judged} - self._translation.incomplete
        reduced = without(self._translation.template, self._uncertain - complete)
        return frozenset(_key(found) for found in self._again(reduced))


def without(template: Mapping[str, Any], gone: Collection[str]) -> dict[str, Any]:
    """The template without some resources. What refers to one of them is not known: a parameter without a value."""
    kept = {name: resource for name, resource in template["Resources"].items() if name not in gone}
    parameters = dict(template.get("Parameters", {}))
    resources = {name: _cut(resource, gone, parameters) for name, resource in kept.items()}
    return {**template, "Resources": resources, **({"Parameters": parameters} if parameters else {})}


def _cut(value: object, gone: Collection[str], parameters: dict[str, Any]) -> object:
    if isinstance(value, Mapping):
        if _referred(value) in gone:
            name = f"Unknown{len(parameters) + 1}"
            parameters[name] = {"Type": "String"}
            return {"Ref": name}
        return {name: _cut(member, gone, parameters) for name, member in value.items()}
    if isinstance(value, list):
        return [_cut(member, gone, parameters) for member in value]
    return value


def _referred(value: Mapping[str, Any]) -> str:
    """The logical id in a reference, empty for any other object."""
    if value.keys() not in REFERENCES:
        return ""
    (to,) = value.values()
    return str(to[0] if isinstance(to, list) and to else to)


def _key(found: Diagnostic) -> tuple[str, str, str]:
    return found.rule, found.logical_id, found.path


def _names(value: object, parameters: Mapping[str, object]) -> bool:
    """Returns whether a text in the value is not known yet."""
    if isinstance(value, Mapping):
        return value.get("Ref") in parameters or any(_names(member, parameters) for member in value.values())
    return isinstance(value, list) and any(_names(member, parameters) for member in value)
