"""The cases of the rules, tests/policies/cases/<service>/<rule>.json: for the tests, and for the page that shows what a
rule says. Development time only.

    {"compliant": [resource, …],
     "accepted": {title: change, …},
     "violating": {title: change with "property" and "message", …},
     "mutations": [what is done to the shipped program, see tests/policies/harness.py, …],
     "no_mutation": "why no change of the program can violate the rule"}

A change is {"resource", "patch", "dependencies"?}: a JSON merge patch (RFC 7396) of one resource's properties.
An archive is written as in policies.generation.case_packages.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from policies.check import Registration
from policies.generation.case_packages import with_packages

FOLDER: Final = Path(__file__).resolve().parents[2] / "tests" / "policies" / "cases"


@cache
def cases() -> Mapping[str, Any]:
    """Every case file by the name of its rule."""
    return {
        path.stem: json.loads(path.read_text(encoding="utf-8"), object_hook=with_packages)
        for path in sorted(FOLDER.glob("*/*.json"))
    }


def stack(rule: str, change: Mapping[str, Any] | None = None) -> list[Registration]:
    """The compliant stack of a rule, with one resource changed."""
    resources: list[Registration] = cases()[rule]["compliant"]
    if change is None:
        return resources
    changed = [_patched(resource, change) for resource in resources if resource["name"] == change["resource"]]
    if len(changed) != 1:
        raise ValueError(f"{rule}: {len(changed)} resources are called {change['resource']}")
    return [changed[0] if resource["name"] == change["resource"] else resource for resource in resources]


def _patched(resource: Registration, change: Mapping[str, Any]) -> Registration:
    dependencies = {**resource.get("dependencies", {}), **change.get("dependencies", {})}
    properties = _merged(resource["properties"], change["patch"])
    return {**resource, "properties": properties, "dependencies": dependencies}


def _merged(target: object, patch: Mapping[str, Any]) -> dict[str, object]:
    """JSON merge patch: mappings merge, null removes, all else replaces."""
    result: dict[str, object] = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merged(result.get(key), value) if isinstance(value, Mapping) else value
    return result
