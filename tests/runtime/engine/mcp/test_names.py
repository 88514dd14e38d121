import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.engine.mcp.names import agent_names

VALID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
NAMES = st.text("ab.-_/ é", max_size=4) | st.text(max_size=80) | st.text("ab", min_size=60, max_size=70)


@pytest.mark.parametrize(
    ("given_names", "expected"),
    [
        (["add", "get-weather"], ["add", "get-weather"]),
        (["weather.today"], ["weather_today"]),
        (["files/read", "files:write"], ["files_read", "files_write"]),
        (["a_b", "a.b"], ["a_b", "a_b_1c7b5b52"]),
        (["a-b", "a_b"], ["a-b_2ea9b5b3", "a_b"]),
        (["x" * 64], ["x" * 64]),
    ],
)
def test_names_that_models_accept_stay_and_others_become_valid(given_names: list[str], expected: list[str]) -> None:
    names = agent_names(given_names)

    shown = [re.sub(r"_[0-9a-f]{8}$", "", names[name]) for name in given_names]
    assert shown == [re.sub(r"_[0-9a-f]{8}$", "", name) for name in expected]
    assert [len(names[name]) for name in given_names] == [len(name) for name in expected]


def test_names_that_would_be_the_same_when_cut_differ() -> None:
    long = "report." + "x" * 80

    names = agent_names([long + "1", long + "2"])

    assert len(set(names.values())) == 2
    assert all(len(name) == 64 and name.startswith("report_x") for name in names.values())


@settings(deadline=None, derandomize=True, database=None)
@given(st.lists(NAMES, unique=True, max_size=8), st.randoms(use_true_random=False))
def test_all_names_are_valid_and_different_whatever_their_order(names: list[str], order: object) -> None:
    found = agent_names(names)
    shuffled = sorted(names, key=lambda _: order.random())  # type: ignore[attr-defined]

    assert all(VALID.fullmatch(name) for name in found.values())
    assert len({name.replace("-", "_") for name in found.values()}) == len(names)
    assert agent_names(shuffled) == found
