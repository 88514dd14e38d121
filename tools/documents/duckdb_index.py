"""Ranks passages by BM25 in DuckDB. Its extension for full-text search is no part of the distribution and would be
downloaded, which a function without network cannot do: here the ranking is a query over a table of words."""

import threading
from collections.abc import Sequence
from typing import Final

from tools.documents.errors import DocumentError
from tools.documents.index import Hit, indexed_texts
from tools.documents.passage import Passage

MAX_WORDS: Final = 64
"""Different words of a query that count."""

_SETTINGS: Final[dict[str, str | bool | int | float | list[str]]] = {
    "memory_limit": "384MB",
    # Nothing is spilled to disk.
    "temp_directory": "",
    # Sums of several threads differ in the last digit, and with them the order of equal passages.
    "threads": 1,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}

_START: Final = (
    "SET enable_external_access = false",
    # Harman's S stemmer (1991): the plural and the singular of an English word are one word.
    r"""CREATE MACRO stem(word) AS CASE
        WHEN NOT suffix(word, 's') OR suffix(word, 'us') OR suffix(word, 'ss') OR length(word) < 4 THEN word
        WHEN regexp_matches(word, '[^ea]ies$') THEN left(word, length(word) - 3) || 'y'
        ELSE left(word, length(word) - 1) END""",
    # Scripts without spaces between words: each sign counts as one.
    r"""CREATE MACRO words(text) AS list_transform(regexp_extract_all(regexp_replace(
        lower(strip_accents(text)), '([\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}])', ' \1 ', 'g'),
        '[\p{L}\p{M}\p{N}]+'), lambda word: stem(word))""",
)

_TABLES: Final = (
    "CREATE TABLE word_lists AS SELECT place, words(text) AS found FROM "
    "(SELECT unnest(range(len($texts))) AS place, unnest($texts) AS text)",
    "CREATE TABLE lengths AS SELECT place, len(found)::DOUBLE AS length FROM word_lists",
    "CREATE TABLE postings AS SELECT word, place, count(*)::DOUBLE AS times FROM "
    "(SELECT place, unnest(found) AS word FROM word_lists) GROUP BY ALL ORDER BY word, place",
    "DROP TABLE word_lists",
)

_QUERY: Final = """
WITH asked AS (SELECT DISTINCT unnest(words($query)[:$words]) AS word),
matched AS (SELECT * FROM postings WHERE word IN (FROM asked)),
weights AS (
    SELECT word, ln(1 + ((SELECT count(*) FROM lengths) - count(*) + 0.5) / (count(*) + 0.5)) AS weight
    FROM matched GROUP BY word
),
scores AS (
    SELECT place, sum(weight * times * 2.2
        / (times + 1.2 * (0.25 + 0.75 * length / (SELECT avg(length) FROM lengths))) ORDER BY word) AS score
    FROM matched JOIN weights USING (word) JOIN lengths USING (place) GROUP BY place
)
SELECT place, round(score, 3) FROM scores ORDER BY round(score, 9) DESC, place LIMIT $limit"""
"""BM25 with the usual k1 = 1.2 and b = 0.75."""


class DuckDbIndex:
    """An index in memory. Safe to use from several threads."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        """Raises DocumentError if the passages need too much memory."""
        import duckdb  # noqa: PLC0415  80 ms, which only a run that searches is to wait for

        self._connection = duckdb.connect(":memory:", config=_SETTINGS)
        self._lock = threading.Lock()
        try:
            for statement in _START:
                self._connection.execute(statement)
            texts, *rest = _TABLES
            self._connection.execute(texts, {"texts": indexed_texts(passages)})
            for statement in rest:
                self._connection.execute(statement)
        except duckdb.OutOfMemoryException:
            raise DocumentError("the documents need more memory than their index may have; deploy fewer") from None

    def find(self, query: str, limit: int) -> list[Hit]:
        with self._lock, self._connection.cursor() as cursor:
            given = {"query": query, "words": MAX_WORDS, "limit": limit}
            return [Hit(place, score) for place, score in cursor.execute(_QUERY, given).fetchall()]
