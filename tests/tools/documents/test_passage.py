import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.documents.passage import MAX_CHARS, Passage, lines_of, passages_of

PAGE = """\
# Guide

Intro.

## Setup

First step.
Second step.

Another paragraph.

### On Linux

```sh
# no heading

apt install x
```

## Use ##
Run it.
"""


def placed(passages: list[Passage]) -> list[tuple[str, int, int]]:
    return [(passage.section, passage.first_line, passage.last_line) for passage in passages]


def test_a_markdown_file_is_divided_at_its_headings() -> None:
    passages = passages_of("guide.md", PAGE)

    assert placed(passages) == [
        ("Guide", 1, 3),
        ("Guide > Setup", 5, 10),
        ("Guide > Setup > On Linux", 12, 18),
        ("Guide > Use", 20, 21),
    ]
    assert passages[1].text == "## Setup\n\nFirst step.\nSecond step.\n\nAnother paragraph."
    assert "# no heading\n\napt install x" in passages[2].text


def test_a_text_file_has_no_headings() -> None:
    assert placed(passages_of("guide.txt", "# One\n\ntwo\n")) == [("", 1, 3)]


def test_a_heading_above_another_one_is_no_passage_of_its_own() -> None:
    assert placed(passages_of("a.md", "# One\n\n## Two\n\ntext\n\n## Three\n")) == [
        ("One > Two", 3, 5),
        ("One > Three", 7, 7),
    ]


def test_a_long_section_is_divided_at_paragraphs() -> None:
    paragraph = "word " * 120
    text = "\n\n".join([paragraph.strip()] * 4)

    assert placed(passages_of("a.txt", text)) == [("", 1, 3), ("", 5, 7)]


def test_a_long_paragraph_is_divided_at_lines_and_a_long_line_at_spaces() -> None:
    line = " ".join(["seven77"] * 100)
    long = " ".join(["seven77"] * 200)

    passages = passages_of("a.txt", f"{line}\n{line}\n{long}")

    assert placed(passages) == [("", 1, 1), ("", 2, 2), ("", 3, 3), ("", 3, 3)]
    assert {word for passage in passages for word in passage.text.split()} == {"seven77"}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["unix", "windows", "old mac"])
def test_lines_are_counted_as_editors_do(end: str) -> None:
    text = end.join(["one\u2028still one", "", "three"])

    assert len(lines_of(text)) == 3
    assert placed(passages_of("a.txt", text)) == [("", 1, 3)]


@pytest.mark.parametrize("name", ["a.md", "a.txt"])
@given(text=st.text(st.sampled_from("a b#`~\n\r\t0é"), max_size=3_000))
def test_passages_hold_all_words_in_order_within_their_bound(name: str, text: str) -> None:
    passages = passages_of(name, text)
    lines = lines_of(text)

    assert all(0 < len(passage.text) <= MAX_CHARS for passage in passages)
    assert [passage.first_line for passage in passages] == sorted(passage.first_line for passage in passages)
    for passage in passages:
        within = "".join("".join(lines[passage.first_line - 1 : passage.last_line]).split())
        assert "".join(passage.text.split()) in within
    if name == "a.txt":
        assert "".join("".join(passage.text for passage in passages).split()) == "".join(text.split())
    assert passages == passages_of(name, text)
