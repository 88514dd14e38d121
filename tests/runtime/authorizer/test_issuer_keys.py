from typing import Any

import pytest

from runtime.authorizer import fetch as fetching
from runtime.authorizer.errors import IssuerUnavailableError
from runtime.authorizer.fetch import FetchError, fetch
from runtime.authorizer.issuer_keys import IssuerKeys
from tests.runtime.authorizer.issuers import jwks, serving

OPENID = "/.well-known/openid-configuration"


def kids(keys: IssuerKeys) -> list[str | None]:
    return [key.key_id for key in keys.candidates("RS256", None)]


def test_keys_are_those_of_openid_connects_metadata() -> None:
    with serving({"/jwks": jwks("one")}) as server:
        server.answers[f"/realm{OPENID}"] = {"issuer": f"{server.url}/realm", "jwks_uri": f"{server.url}/jwks"}

        assert kids(IssuerKeys(f"{server.url}/realm")) == ["one"]


def test_or_else_those_of_oauths_metadata_whose_address_ends_in_the_issuers_path() -> None:
    with serving({"/jwks": jwks("one")}) as server:
        place = "/.well-known/oauth-authorization-server/realm"
        server.answers[place] = {"issuer": f"{server.url}/realm", "jwks_uri": f"{server.url}/jwks"}

        assert kids(IssuerKeys(f"{server.url}/realm")) == ["one"]
        assert server.asked == [f"/realm{OPENID}", place, "/jwks"]


def metadata(url: str, **changed: Any) -> dict[str, Any]:  # noqa: ANN401  members of the metadata
    return {OPENID: {"issuer": url, "jwks_uri": f"{url}/jwks", **changed}, "/jwks": jwks("one")}


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({OPENID: 500}, "HTTP 500"),
        ({OPENID: 302}, "HTTP 302"),
        ({OPENID: 404}, "HTTP 404"),
        ({OPENID: "{"}, "no JSON"),
        ({OPENID: []}, "no JSON object"),
        ({OPENID: "[" * 100_000}, "no JSON"),
        ({OPENID: {"issuer": "https://other"}}, "metadata is that of issuer 'https://other'"),
        ({"/jwks": {"keys": 7}}, "no JSON Web Key Set"),
        ({"/jwks": " " * (fetching.MAX_BYTES + 1)}, "more than 524288 bytes"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_an_issuer_answers_wrongly_lets_nobody_in_and_is_logged(
    answers: dict[str, Any], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving({}) as server:
        server.answers |= metadata(server.url) | answers

        with pytest.raises(IssuerUnavailableError, match="cannot be read"):
            kids(IssuerKeys(server.url))

    logged = capsys.readouterr().out
    assert "authorizer.issuer_unavailable" in logged
    assert reason in logged


def test_an_issuer_that_is_not_there_lets_nobody_in_and_is_not_asked_for_each_connection(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with serving({}) as server:
        gone = server.url
    keys = IssuerKeys(gone)

    for _ in range(3):
        with pytest.raises(IssuerUnavailableError):
            kids(keys)

    assert capsys.readouterr().out.count("authorizer.issuer_unavailable") == 1


def test_an_issuer_elsewhere_cannot_name_keys_on_this_machine() -> None:
    asked = []

    def read(url: str) -> dict[str, Any]:
        asked.append(url)
        return {"issuer": "https://id.example.com", "jwks_uri": "http://127.0.0.1:9001/keys"}

    with pytest.raises(IssuerUnavailableError):
        kids(IssuerKeys("https://id.example.com", read))

    assert asked == ["https://id.example.com/.well-known/openid-configuration"]


@pytest.mark.parametrize("url", ["http://id.example.com/x", "file:///etc/passwd", "ftp://127.0.0.1/", "https://", "x"])
def test_nothing_is_read_from_an_address_that_is_not_https(url: str) -> None:
    with pytest.raises(FetchError, match="not https"):
        fetch(url)


def test_a_document_that_comes_slowly_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "TOTAL_SECONDS", -1.0)

    with serving({"/": {"a": 1}}) as server, pytest.raises(FetchError, match="took more than"):
        fetch(server.url)
