"""Ranks passages by BM25 in LanceDB, a native library that is too large for the package of a function."""

from collections.abc import Sequence
from typing import Final

from tools.documents.errors import DocumentError
from tools.documents.index import Hit, indexed_texts
from tools.documents.passage import Passage

_TABLE: Final = "passages"
_TEXT: Final = "text"
_NOT_HERE: Final = (
    "the documents cannot be searched: this deployment has chosen LanceDB, and it is not installed here; the image of "
    "the streaming endpoint has it with the setting streamExtras, and elsewhere DuckDB searches"
)


class LanceDbIndex:
    """An index in memory, which works on a read-only disk too. Safe to use from several threads."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        """Raises DocumentError where LanceDB is not installed."""
        try:
            import lancedb  # noqa: PLC0415  two seconds, and no package of a function has it
            from lancedb.index import FTS  # noqa: PLC0415  as above
            from lancedb.query import MatchQuery  # noqa: PLC0415  as above
        except ModuleNotFoundError as error:
            raise DocumentError(_NOT_HERE) from error
        self._match = MatchQuery
        rows = [{"place": place, _TEXT: text} for place, text in enumerate(indexed_texts(passages))]
        self._table = lancedb.connect("memory://").create_table(_TABLE, rows)
        # English stems and without accents by default. Common words count little in any case, and a query that has no
        # others would find nothing.
        self._table.create_index(_TEXT, config=FTS(remove_stop_words=False))

    def find(self, query: str, limit: int) -> list[Hit]:
        found = self._table.search(self._match(query, _TEXT), query_type="fts").limit(limit).to_list()
        hits = [Hit(row["place"], round(row["_score"], 3)) for row in found]
        return sorted(hits, key=lambda hit: (-hit.score, hit.place))
