import pytest

from sandbox.sidecar.bedrock.model_server import ModelServer
from sandbox.sidecar.settings import SettingsError

SECRET = "s3cr3t"


@pytest.mark.parametrize(
    ("url", "shown", "called"),
    [
        ("http://localhost:11434", "http://localhost:11434/v1", "http://localhost:11434/v1/models"),
        ("https://api.example/v1/", "https://api.example/v1", "https://api.example/v1/models"),
        ("https://api.example/v1/chat/completions", "https://api.example/v1", "https://api.example/v1/models"),
        (
            f"https://me:{SECRET}@api.example/a",
            "https://api.example/a/v1",
            f"https://me:{SECRET}@api.example/a/v1/models",
        ),
        (
            f"https://me:{SECRET}%40@api.example",
            "https://api.example/v1",
            f"https://me:{SECRET}%40@api.example/v1/models",
        ),
        (f"https://h.example/v1?key={SECRET}", "https://h.example/v1", f"https://h.example/v1/models?key={SECRET}"),
        (
            f"http://[::1]:8000?key={SECRET}&x=1#f",
            "http://[::1]:8000/v1",
            f"http://[::1]:8000/v1/models?key={SECRET}&x=1",
        ),
    ],
)
def test_credentials_are_sent_and_not_shown(url: str, shown: str, called: str) -> None:
    server = ModelServer.parse(url)

    assert (server.shown, server.url("models")) == (shown, called)
    assert SECRET not in f"{server!r} {server.shown}"
    assert any(SECRET in secret for secret in server.secrets) is (SECRET in url)


@pytest.mark.parametrize(
    "url",
    [
        f"ftp://me:{SECRET}@host",
        f"me:{SECRET}@host/v1",
        f"http://me:{SECRET}/x@host",
        f"http://host:{SECRET}@",
        f"http://[{SECRET}?key={SECRET}",
        f"localhost?key={SECRET}",
        f"http://?key={SECRET}@b",
    ],
)
def test_what_is_no_url_is_refused_without_showing_what_it_may_contain(url: str) -> None:
    with pytest.raises(SettingsError, match=r"is not an http\(s\) URL") as refused:
        ModelServer.parse(url)

    assert SECRET not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None
