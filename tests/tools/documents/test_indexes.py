"""Both indexes: the same passages for the same words. LanceDB is tested where it is installed."""

import importlib.util
from collections.abc import Sequence
from math import log

import pytest

from tools.documents.collection import DUCKDB, INDEXES, LANCEDB
from tools.documents.duckdb_index import DuckDbIndex
from tools.documents.errors import DocumentError
from tools.documents.index import Index
from tools.documents.lancedb_index import LanceDbIndex
from tools.documents.passage import Passage

HAS_LANCEDB = importlib.util.find_spec("lancedb") is not None
without_lancedb = pytest.mark.skipif(HAS_LANCEDB, reason="LanceDB is installed")
needs_lancedb = pytest.mark.skipif(not HAS_LANCEDB, reason="LanceDB is not installed: requirements/lancedb.txt")

TEXTS = (
    "The crews worked in construction.",
    "Wages rose with attendance and performance.",
    "A crew had a supervisor, and the crew met each day.",
    "Nothing of interest: the, of, and.",
    "Une journée à Genève.",
)


def index_of(kind: str, texts: Sequence[str]) -> Index:
    return INDEXES[kind]([Passage(f"{place}.txt", 1, 1, (), text) for place, text in enumerate(texts)])


@pytest.fixture(params=[DUCKDB, pytest.param(LANCEDB, marks=needs_lancedb)])
def index(request: pytest.FixtureRequest) -> Index:
    return index_of(request.param, TEXTS)


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("What did the crew do each day?", 2),
        ("CONSTRUCTION", 0),
        ("wage", 1),
        ("journee geneve", 4),
        ("'; DROP TABLE postings; -- \" AND ( construction", 0),
    ],
    ids=["words", "case", "singular", "accents", "signs"],
)
def test_the_passage_that_fits_best_comes_first(index: Index, query: str, first: int) -> None:
    assert index.find(query, 5)[0].place == first


def test_rare_words_count_more_than_common_ones(index: Index) -> None:
    scores = {hit.place: hit.score for hit in index.find("the supervisor", 5)}

    assert max(scores, key=lambda place: scores[place]) == 2
    assert scores[2] > scores[3] > 0


def test_no_more_passages_are_returned_than_asked_for(index: Index) -> None:
    every = index.find("crew wages", 5)

    assert len(every) == 3
    assert index.find("crew wages", 2) == every[:2]


@pytest.mark.parametrize(
    "query", ["", " ", "?", "unheard", "\U0001f600"], ids=["empty", "blank", "sign", "word", "pict"]
)
def test_words_that_no_passage_has_find_nothing(index: Index, query: str) -> None:
    assert index.find(query, 5) == []


def test_names_and_headings_are_searched_too() -> None:
    index = DuckDbIndex(
        [Passage("a.md", 1, 2, ("Overlap",), "Look here."), Passage("handbook.md", 1, 2, (), "And here.")]
    )

    assert [hit.place for hit in index.find("overlap", 5)] == [0]
    assert [hit.place for hit in index.find("handbook", 5)] == [1]


def test_equal_passages_stay_in_their_order() -> None:
    index = index_of(DUCKDB, ["same words"] * 30)

    assert [hit.place for hit in index.find("same words", 30)] == list(range(30))


def test_the_score_is_that_of_bm25() -> None:
    index = DuckDbIndex([Passage("", 1, 1, (), "tree tree house"), Passage("", 1, 1, (), "house")])

    # 2 passages of 3 and 1 words, of which one has the word twice.
    expected = log(1 + (2 - 1 + 0.5) / (1 + 0.5)) * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 3 / 2))
    assert [(hit.place, hit.score) for hit in index.find("trees", 5)] == [(0, round(expected, 3))]


@pytest.mark.parametrize(
    ("word", "asked"),
    [("queries", "query"), ("classes", "classe"), ("programmes", "programme"), ("trees", "tree"), ("status", "status")],
)
def test_plurals_and_singulars_are_one_word(word: str, asked: str) -> None:
    assert len(index_of(DUCKDB, [word, "other"]).find(asked, 5)) == 1


def test_scripts_without_spaces_are_found_by_their_signs() -> None:
    index = index_of(DUCKDB, ["東京都の天気", "大阪の天気"])

    assert [hit.place for hit in index.find("東京", 5)] == [0]


def test_words_after_the_first_64_do_not_count() -> None:
    many = " ".join(f"word{number}" for number in range(64))

    assert index_of(DUCKDB, ["late"]).find(f"{many} late", 5) == []


@without_lancedb
def test_without_lancedb_the_message_says_where_it_is() -> None:
    with pytest.raises(DocumentError, match=r"LanceDB, and it is not installed here; .* the setting streamExtras"):
        LanceDbIndex([])
