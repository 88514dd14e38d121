"""Texts for users have nothing that looks like a secret, and are short."""

import pytest

from contract.redaction import MAX_LENGTH, redact


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("password=hunter2 for jo", "password=*** for jo"),
        ('{"apiKey": "abc", "n": 1}', '{"apiKey": "***", "n": 1}'),
        ("OPENAI_API_KEY: sk-abcdef0123456789abcdef", "OPENAI_API_KEY: ***"),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer ***"),
        ("used AKIAIOSFODNN7EXAMPLE here", "used *** here"),
        (
            "https://b.s3.amazonaws.com/k?X-Amz-Signature=ab12&X-Amz-Date=1",
            "https://b.s3.amazonaws.com/k?X-Amz-Signature=***&X-Amz-Date=1",
        ),
        ("aws_session_token = IQoJb3JpZ2luX2VjEJ", "aws_session_token = ***"),
        ("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "got ***"),
        ("Authorization: Basic am86aHVudGVyMg==", "Authorization: Basic ***"),
        ("{'password': 'two words', 'n': 1}", "{'password': '***', 'n': 1}"),
        ("cannot reach postgres://jo:hunter2@db/sales", "cannot reach postgres://***@db/sales"),
        ("passwd=hunter2 PGPWD: hunter2", "passwd=*** PGPWD: ***"),
        ("push as ghp_0123456789abcdefghijABCDEFGHIJ failed", "push as *** failed"),
        ("read 12 rows of the table", "read 12 rows of the table"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, shown: str) -> None:
    assert redact(text) == shown


def test_a_text_is_cut() -> None:
    assert redact("x" * 250_000) == "x" * (MAX_LENGTH - 1) + "…"
