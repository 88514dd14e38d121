"""The documentation page of the policies, which is written from the rules."""

import re

import pytest

from policies.catalogue import HAND_WRITTEN, RULES
from policies.generation.cases import cases
from policies.generation.page import PAGE, page
from policies.generation.regressions import (
    CONTAINER_IMAGE,
    FIRE_AND_FORGET,
    FUNCTION_URL,
    LOCAL_DEPLOYMENT,
    PREMATURE_EXIT,
    REGRESSIONS,
    Regression,
)


def test_the_committed_page_is_what_the_rules_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run make docs"


def test_every_rule_is_listed_once_with_its_demand_its_reason_and_its_remedy() -> None:
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (.+) \| (.+) \| (.+) \|$", page(), re.MULTILINE)

    assert [name for name, *_ in rows] == [rule.name for rule in RULES]
    assert not [name for name, *texts in rows if not all(text.endswith(".") for text in texts)]


def test_nothing_of_the_template_is_left_open() -> None:
    assert not re.findall(r"^\{\w+\}$", page(), re.MULTILINE)


@pytest.mark.parametrize("regression", REGRESSIONS, ids=lambda regression: regression.failure)
def test_a_failure_of_old_is_caught_by_a_rule_and_tried_out_by_a_case(regression: Regression) -> None:
    assert regression.rule in {rule.name for rule in HAND_WRITTEN}
    assert regression.case in cases()[regression.rule]["violating"]


def test_every_document_has_its_regressions() -> None:
    assert {regression.document for regression in REGRESSIONS} == {
        PREMATURE_EXIT,
        LOCAL_DEPLOYMENT,
        CONTAINER_IMAGE,
        FIRE_AND_FORGET,
        FUNCTION_URL,
    }
