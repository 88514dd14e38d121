"""Holds a Markdown report against what a run has kept: links that lead nowhere, figures that no result has."""

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Final

_LINK: Final = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)")
_ELSEWHERE: Final = re.compile(r"[a-z][a-z0-9+.-]*:|#|/", re.IGNORECASE)
_FIGURE: Final = re.compile(r"(?<![\w.,])(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+|\d{4,})(?:\s?(%))?(?![\w]|[.,]\d)")
_YEAR: Final = re.compile(r"(?:1[89]|2[01])\d\d")


def broken_links(markdown: str, names: Container[str]) -> tuple[str, ...]:
    """The relative links to files that are not among the names, in their order."""
    links = (link.removeprefix("./") for link in _LINK.findall(markdown))
    return tuple(dict.fromkeys(link for link in links if not _ELSEWHERE.match(link) and link not in names))


def unknown_figures(markdown: str, results: Iterable[object]) -> tuple[str, ...]:
    """The longer figures of the text that are no number of the results, or of a text in them, at the decimals they are
    given with, whatever their sign. Short whole numbers and years stand for too much else to be judged."""
    known = {abs(value) for result in results for value in _numbers(result)}
    text = _LINK.sub("", markdown)
    figures = dict.fromkeys(found for found in _FIGURE.findall(text) if not _YEAR.fullmatch(found[0]))
    return tuple(f"{figure}{percent}" for figure, percent in figures if not _is_known(figure, percent, known))


def _is_known(figure: str, percent: str, known: set[float]) -> bool:
    value, decimals = float(figure.replace(",", "")), len(figure.partition(".")[2])
    scale = 100 if percent else 1
    # Half a unit of the last digit: rounding may have gone either way.
    reach = 0.5000001 * 10**-decimals
    return any(abs(candidate * factor - value) <= reach for candidate in known for factor in {1, scale})


def _numbers(value: object) -> Iterator[float]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield value
    elif isinstance(value, str):
        yield from (float(figure.replace(",", "")) for figure, _ in _FIGURE.findall(value))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _numbers(item)
    elif isinstance(value, list):
        for item in value:
            yield from _numbers(item)
