"""Templates filled from tool results."""

import pytest

from sandbox.sidecar.wording import MissingValueError, Outcome, Wording


def _outcome(text: str, call: str = "groups") -> Outcome:
    return Outcome.of(call, "run_sql", text, failed=False)


LISTS = _outcome('{"columns": ["treat", "mean"], "rows": [[1, 6349.14], [0, -4554.8]]}')
MAPPINGS = _outcome('{"columns": [{"name": "n"}], "rows": [{"n": "185.5"}], "row_count": 1}', "sizes")
PLAIN = _outcome("Rain.", "weather")

FILLED = {
    "{mean:,.0f}": "6,349",
    "{groups.mean:.1f}": "6349.1",
    "{groups[1].mean:,.1f}": "\N{MINUS SIGN}4,554.8",
    "{groups[1].mean}": "-4554.8",
    "{groups.row_count}": "2",
    "{groups.table}": "| treat | mean |\n| --- | --- |\n| 1 | 6,349.14 |\n| 0 | -4,554.80 |",
    "{n:.0f}": "186",
    "{weather.text}": "Rain.",
    "{weather.table}": "Rain.",
    "{word}": "said",
    "{{}}": "{}",
}


@pytest.mark.parametrize(("template", "text"), FILLED.items())
def test_templates_are_filled_from_results(template: str, text: str) -> None:
    assert Wording({"word": "said"}, [LISTS, MAPPINGS, PLAIN]).fill(template) == text


@pytest.mark.parametrize("template", ["{absent}", "{groups.absent}", "{groups[7].mean}", "{weather.mean}", "{nothing}"])
def test_a_value_that_no_tool_gave_is_an_error_and_not_a_guess(template: str) -> None:
    empty = _outcome('{"columns": ["nothing"], "rows": [[null]]}', "empty")

    with pytest.raises(MissingValueError):
        Wording({}, [LISTS, PLAIN, empty]).fill(template)


def test_the_newest_result_with_the_column_is_taken() -> None:
    newer = _outcome('{"columns": ["mean"], "rows": [[7]]}', "newer")

    assert Wording({}, [LISTS, newer, PLAIN]).fill("{mean}") == "7"


def test_an_error_in_the_result_counts_as_a_failure() -> None:
    outcome = _outcome('{"error": "no such column"}')

    assert outcome.failed
    assert outcome.text == "no such column"


def test_texts_anywhere_in_a_tools_input_are_filled() -> None:
    filled = Wording({"word": "said"}, []).fill_all({"a": ["{word}", 1], "b": {"c": "{word}!"}})

    assert filled == {"a": ["said", 1], "b": {"c": "said!"}}
