"""Checks a Markdown report against the files of its run: broken links, and numbers that are in no result."""

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Final

_LINK: Final = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)")
_EXTERNAL: Final = re.compile(r"[a-z][a-z0-9+.-]*:|#|/", re.IGNORECASE)
_NUMBER: Final = re.compile(r"(?<![\w.,])(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+|\d{4,})(?:\s?(%))?(?![\w]|[.,]\d)")
_YEAR: Final = re.compile(r"(?:1[89]|2[01])\d\d")


def broken_links(markdown: str, names: Container[str]) -> tuple[str, ...]:
    """The relative links whose target is not among the names, in the order of the text."""
    links = (link.removeprefix("./") for link in _LINK.findall(markdown))
    return tuple(dict.fromkeys(link for link in links if not _EXTERNAL.match(link) and link not in names))


def unknown_numbers(markdown: str, results: Iterable[object]) -> tuple[str, ...]:
    """The numbers of the text that are in no result, nor in a text of a result. They are compared at the decimals they
    are written with, without their sign. Years and whole numbers of up to three digits are not checked: they may be
    anything."""
    known = {abs(value) for result in results for value in _numbers(result)}
    text = _LINK.sub("", markdown)
    numbers = dict.fromkeys(found for found in _NUMBER.findall(text) if not _YEAR.fullmatch(found[0]))
    return tuple(f"{number}{percent}" for number, percent in numbers if not _is_known(number, percent, known))


def _is_known(number: str, percent: str, known: set[float]) -> bool:
    value, decimals = float(number.replace(",", "")), len(number.partition(".")[2])
    scale = 100 if percent else 1
    # Half a unit of the last digit: rounding may have gone either way.
    tolerance = 0.5000001 * 10**-decimals
    return any(abs(candidate * factor - value) <= tolerance for candidate in known for factor in {1, scale})


def _numbers(value: object) -> Iterator[float]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield value
    elif isinstance(value, str):
        yield from (float(number.replace(",", "")) for number, _ in _NUMBER.findall(value))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _numbers(item)
    elif isinstance(value, list):
        for item in value:
            yield from _numbers(item)
