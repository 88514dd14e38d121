"""A lifecycle policy that ECR takes and that spares what runs."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from policies.rules.container_image.image import LIFECYCLE_POLICY
from policies.rules.documents import document
from policies.rules.finding import Finding
from policies.rules.json_finding import json_finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import UNKNOWN, lookup

REJECTION = "ECR rejects the policy with InvalidParameterException"


def _check(policy: Resource) -> Iterable[Finding]:
    malformed = json_finding(policy.properties, "policy", rejected=REJECTION)
    return [malformed] if malformed is not None else _findings(policy)


def _findings(policy: Resource) -> Iterator[Finding]:
    given = document(lookup(policy.properties, "policy"))
    listed = None if given is None else given.get("rules")
    if not isinstance(listed, list):
        return
    rules = [rule for rule in listed if isinstance(rule, Mapping)]
    priorities = [rule.get("rulePriority") for rule in rules]
    known = [priority for priority in priorities if isinstance(priority, int | float)]
    for priority, count in Counter(known).items():
        if count > 1:
            yield _finding(f"{count} rules of priority {priority:g}", "a priority of its own for each rule")
    if len(known) < len(listed) or any(rule.get("selection") is UNKNOWN for rule in rules):
        return
    for rule, priority in zip(rules, known, strict=True):
        if _selection(rule, "tagStatus") == "any" and priority < max(known):
            yield _finding(
                f"a rule of priority {priority:g} for any image, before others", "`any` in the last rule only"
            )


def _selection(rule: Mapping[str, object], key: str) -> object:
    selection = rule.get("selection")
    return selection.get(key) if isinstance(selection, Mapping) else None


def _finding(value: str, allowed: str) -> Finding:
    return Finding(property="policy", value=value, allowed=allowed, why=REJECTION, fix="Renumber the rules")


RULE = ResourceRule(
    name="container-image-lifecycle-rules",
    description="A lifecycle policy is JSON, with rules of different priorities and the one for any image last.",
    remediation="Write the policy with a JSON library and number its rules.",
    types=frozenset({LIFECYCLE_POLICY}),
    check=_check,
)
