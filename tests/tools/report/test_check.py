import pytest

from tools.report.check import broken_links, unknown_numbers

RESULTS = [
    {
        "estimate": 1_794.3424,
        "bounds": [-8_497.516, 0.6636],
        "n": 15_992,
        "flag": True,
        "of": {"deep": 12.5},
        "note": "under 0.001",
    }
]


@pytest.mark.parametrize(
    ("markdown", "broken"),
    [
        ("![x](plots/a.png) and [y](./results/b.json)", ()),
        ("![x](plots/missing.png), ![x](plots/missing.png) [y](z.json)", ("plots/missing.png", "z.json")),
        ('![x](plots/a.png "title")', ()),
        ("[web](https://example.org/x.png) [mail](mailto:a@b) [above](#data) [root](/x)", ()),
        ("![x](<plots/none.png>)", ("plots/none.png",)),
        ("no link at all (plots/none.png)", ()),
    ],
)
def test_relative_links_must_lead_to_files_of_the_run(markdown: str, broken: tuple[str, ...]) -> None:
    assert broken_links(markdown, ["plots/a.png", "results/b.json"]) == broken


@pytest.mark.parametrize(
    "known",
    [
        "1,794",
        "1,794.3",
        "1794.34",
        "\N{MINUS SIGN}8,498",
        "-8,497.5",
        "15,992 men",
        "66.4 %",
        "0.66",
        "12.5",
        "66.36%",
        "0.001",
    ],
)
def test_a_number_of_the_results_may_be_rounded_scaled_and_signed(known: str) -> None:
    assert unknown_numbers(f"It is {known}, they say.", RESULTS) == ()


@pytest.mark.parametrize("unknown", ["1,795", "1,794.2", "1793", "8,497.4", "66.5 %", "12.6"])
def test_a_number_that_no_result_has_is_named(unknown: str) -> None:
    assert unknown_numbers(f"It is {unknown}.", RESULTS) == (unknown.replace(" %", "%"),)


@pytest.mark.parametrize(
    "other", ["in 1978", "185 men", "a 95 % interval", "version 1.2.3", "re78", "[x](plots/7,777.png)"]
)
def test_years_short_numbers_and_names_are_not_judged(other: str) -> None:
    assert unknown_numbers(other, RESULTS) == ()


def test_each_unknown_number_is_named_once() -> None:
    assert unknown_numbers("9,999 and 9,999 and 7,777", RESULTS) == ("9,999", "7,777")
