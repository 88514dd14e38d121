"""Sizes of secrets, which are too long for a case file."""

import pytest

from policies.rules.aws_limits.secrets import SECRET_VALUE
from policies.rules.rule import Resource
from policies.rules.secrets.secret import VERSION
from policies.rules.secrets.value_fits import RULE


def version(value: str) -> Resource:
    return Resource(VERSION, "model-key-value", "urn:model-key-value", {"secretStringWo": value})


@pytest.mark.parametrize("value", ["x", "x" * SECRET_VALUE.maximum, "é" * (SECRET_VALUE.maximum // 2)])
def test_value_up_to_the_limit_in_bytes_is_accepted(value: str) -> None:
    assert list(RULE.check(version(value))) == []


@pytest.mark.parametrize("value", ["x" * (SECRET_VALUE.maximum + 1), "é" * (SECRET_VALUE.maximum // 2 + 1)])
def test_value_over_the_limit_is_told_by_its_size_only(value: str) -> None:
    (finding,) = RULE.check(version(value))

    assert finding.property == "secretStringWo"
    assert finding.value == f"a text of {len(value.encode()):,} bytes"
