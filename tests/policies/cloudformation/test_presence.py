"""Which rules may fire because something is missing."""

import pytest

from policies.cloudformation.preflight import RuleBase, read_rules
from policies.cloudformation.presence import Library

HEAD = 'package cdk_preflight\n\nimport rego.v1\n\nviolation contains make_diag("id", name) if {\n'
LIBRARY = """
_pf_lib_get(name, key) := v if {
	v := object.get(input.resources[name].properties, key, "__pf_absent")
	v != "__pf_absent"
}

_pf_lib_missing(name, key) if object.get(input.resources[name].properties, key, "__pf_absent") == "__pf_absent"

_pf_lib_is_short(text) if count(text) > 3
"""


@pytest.fixture(scope="module")
def base() -> RuleBase:
    return read_rules()


@pytest.mark.parametrize(
    ("body", "of_values"),
    [
        ('v := resolve(name, "Properties.A")\n\tv > 10', True),
        ('v := _pf_lib_get(name, "A")\n\tnot startswith(v, "x")', True),
        ('v := resolve(name, "Properties.A")\n\tnot v in {"a", "b"}', True),
        ('v := resolve(name, "Properties.A")\n\tnot _pf_lib_is_short(v)', True),
        ('not resolve(name, "Properties.A")', False),
        ('_pf_lib_missing(name, "A")', False),
        ('v := object.get(p, "A", null)\n\tv != "x"', False),
        ('v := object.get(p, "A", "x")\n\tv == "x"', False),
        ('v := object.get(p, "A", "")\n\tnot startswith(v, "x")', False),
        ('count(flatten_list(name, "Properties.A")) == 0', False),
        ("n := count([1 | some v in values])\n\tn < 2", False),
        ("given := {a | some a in values}\n\tmissing := required - given", False),
        ("every v in values { v > 3 }", False),
        ('v := to_number(object.get(p, "A", null))\n\tv < 3', False),
        ('# not resolve(name, "Properties.A")\n\tresolve(name, "Properties.A") == "not that"', True),
    ],
)
def test_rule_judges_values_only_if_nothing_missing_can_make_it_fire(body: str, *, of_values: bool) -> None:
    assert Library([LIBRARY]).judges_values(f"{HEAD}\t{body}\n}}\n") is of_values


@pytest.mark.parametrize(
    ("rule", "of_values"),
    [
        ("pf-lambda-memory-max", True),
        ("pf-lambda-env-key-start-letter", True),
        ("pf-apigwv2-stage-name-charset", True),
        ("pf-apigwv2-websocket-route-selection", False),
        ("pf-ec2-vpce-type-config", False),
        ("pf-sfn-asl-missing-state", False),
        ("pf-xray-group-notifications-require-insights", False),
    ],
)
def test_published_rules_are_told_apart(base: RuleBase, rule: str, *, of_values: bool) -> None:
    (source,) = [each.source for each in base.rules if each.id == rule]

    assert Library(base.library).judges_values(source) is of_values
