"""The agent that searches documents, driven by the scripted model over the project's own documents."""

from collections.abc import Callable
from typing import Any

import pytest
from strands import Agent

from tests.sandbox.sidecar.conftest import ProjectData
from tools.documents.collection import DocumentSource
from tools.documents.tools import DocumentTools


@pytest.fixture
def searcher(sidecar: Callable[..., str], analyst: Callable[..., Agent]) -> Agent:
    tools = DocumentTools(DocumentSource(ProjectData()))
    offered: list[Any] = [tools.search_documents, tools.read_document, tools.list_documents]
    return analyst(sidecar(), offered)


def test_an_answer_quotes_the_passage_with_its_document_and_lines(searcher: Agent) -> None:
    answer = str(searcher("According to the documents, what work did the participants do?"))

    assert "programme.md says in lines 22-26 (The training programme > What participants did)" in answer
    assert "small crews under a supervisor" in answer


def test_any_topic_can_be_searched(searcher: Agent) -> None:
    answer = str(searcher("What do the documents say about overlap?"))

    assert "| methods.md | 26-29 | Methods > Overlap |" in answer


def test_the_documents_are_listed(searcher: Agent) -> None:
    answer = str(searcher("Which documents are there?"))

    assert [name for name in ("README.md", "methods.md", "programme.md") if name in answer] == [
        "README.md",
        "methods.md",
        "programme.md",
    ]
