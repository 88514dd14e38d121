import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.runs.wrapping import LineBreaker


def broken(width: int, *pieces: str) -> str:
    breaker = LineBreaker(width)
    return "".join(breaker.feed(piece) for piece in pieces)


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        (("the quick brown",), ["the quick ", "brown"]),
        (("the", " quick", " brown", " fox"), ["the quick ", "brown fox"]),
        (("ten-letter", " word"), ["ten-letter", "word"]),
        (("0123456789abc", " d"), ["0123456789abc d"]),
        (("one\n\ntwo",), ["one", "", "two"]),
        (("漢字漢字 漢字",), ["漢字漢字 ", "漢字"]),
    ],
    ids=["one-piece", "tokens", "exact-fit", "longer-than-a-line", "own-breaks", "wide-characters"],
)
def test_lines_break_between_words(pieces: tuple[str, ...], lines: list[str]) -> None:
    assert broken(10, *pieces).split("\n") == lines


def test_a_word_that_arrives_in_pieces_stays_whole() -> None:
    assert broken(10, "a bc", "def", "ghijk", "l") == "a bcdefghijkl"


@given(st.lists(st.text(alphabet="ab \n", max_size=12)), st.integers(min_value=4, max_value=20))
def test_only_white_space_is_added_or_replaced(pieces: list[str], width: int) -> None:
    assert broken(width, *pieces).split() == "".join(pieces).split()


@given(st.text(alphabet="ab \n", max_size=80), st.integers(min_value=4, max_value=20))
def test_no_line_of_short_words_is_longer_than_the_terminal(text: str, width: int) -> None:
    words = " ".join(word[:4] for word in text.split(" ") if "\n" not in word)
    assert all(len(line) <= width for line in broken(width, words).split("\n"))
