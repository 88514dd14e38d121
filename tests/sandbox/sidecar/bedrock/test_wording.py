"""Templates filled from tool results."""

import pytest

from sandbox.sidecar.bedrock.wording import MissingValueError, Outcome, Wording


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


def test_an_object_without_a_table_gives_its_values_by_name() -> None:
    effect = _outcome('{"estimate": -8497.5, "warnings": ["poor overlap", "one heavy weight"], "notes": []}', "effect")

    filled = Wording({}, [effect]).fill("{effect.estimate:,.0f} {estimate:,.1f} ({effect.warnings}){effect.notes}")

    assert filled == "\N{MINUS SIGN}8,498 \N{MINUS SIGN}8,497.5 (poor overlap; one heavy weight)"


def test_what_stands_beside_a_table_is_no_column_of_its_later_rows() -> None:
    balance = _outcome('{"columns": ["mean"], "rows": [[1], [2]], "largest": 0.3}', "balance")

    assert Wording({}, [balance]).fill("{balance.largest} {balance[1].mean}") == "0.3 2"
    with pytest.raises(MissingValueError):
        Wording({}, [balance]).fill("{balance[1].largest}")
