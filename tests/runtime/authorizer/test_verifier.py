import base64
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from runtime.authorizer.errors import IssuerUnavailableError, RejectedTokenError
from runtime.authorizer.issuer_keys import FRESH_SECONDS, PAUSE_SECONDS, STALE_SECONDS, IssuerKeys
from runtime.authorizer.shared_key import SharedKey
from runtime.authorizer.verifier import LEEWAY_SECONDS, Verifier
from runtime.process.secrets import Secret
from tests.runtime.authorizer.issuers import AUDIENCE, ISSUER, KEY, claims, jwks, rsa_key, shared, signed

MAX = 3_600
NOW = int(time.time())
CONFIGURATION = f"{ISSUER}/.well-known/openid-configuration"
JWKS = "https://keys.example.com/jwks"


class Documents:
    """What an issuer publishes, and a clock."""

    def __init__(self) -> None:
        self.now = 10_000.0
        self.keys = jwks("one", "ec1")
        self.failure: Exception | None = None
        self.reads = 0

    def read(self, url: str) -> Mapping[str, Any]:
        if self.failure is not None:
            raise self.failure
        if url == CONFIGURATION:
            return {"issuer": ISSUER, "jwks_uri": JWKS}
        assert url == JWKS
        self.reads += 1
        return self.keys


@pytest.fixture
def documents() -> Documents:
    return Documents()


@pytest.fixture
def verifier(documents: Documents) -> Verifier:
    """Of an issuer's tokens."""
    return Verifier(IssuerKeys(ISSUER, documents.read, lambda: documents.now), ISSUER, AUDIENCE, MAX)


class Store:
    def __init__(self, value: str) -> None:
        self.value = value

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803
        assert SecretId
        return {"SecretString": self.value}


@pytest.fixture
def store() -> Store:
    return Store(KEY)


@pytest.fixture
def own(store: Store, monkeypatch: pytest.MonkeyPatch) -> Verifier:
    """Of the stack's own tokens."""
    monkeypatch.setattr("runtime.process.secrets.PAUSE_SECONDS", 0.0)
    create: Callable[[], Any] = lambda: store  # noqa: E731  typed as any client
    return Verifier(SharedKey(Secret("key", create)), "longrun", AUDIENCE, MAX)


def forged(header: object, body: object, signature: str = "") -> str:
    parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, body))
    return f"{'.'.join(parts)}.{signature}"


@pytest.mark.parametrize("key", ["one", "ec1"])
def test_a_token_of_the_issuer_proves_its_subject(verifier: Verifier, key: str) -> None:
    caller = verifier.verify(signed(key))

    assert caller.owner == "token:https=3A//id.example.com/tenant:auth0=7C5f"
    assert caller.token_id == "t-1"
    assert caller.expires_at - caller.issued_at == 600


def test_a_token_of_the_stacks_own_key_proves_its_user(own: Verifier) -> None:
    assert own.verify(shared()).owner == "token:longrun:alice"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"exp": NOW - LEEWAY_SECONDS - 1, "iat": NOW - 600}, "the token has expired"),
        ({"nbf": NOW + 36_000}, "not valid yet"),
        ({"iat": NOW + 36_000, "exp": NOW + 36_300}, "not valid yet"),
        ({"exp": NOW + 2 * MAX}, f"this stack accepts 1 to {MAX}"),
        ({"exp": NOW + 60, "iat": NOW + 20, "nbf": "soon"}, "no number of seconds"),
        ({"exp": True}, "no number of seconds"),
        ({"aud": "longrun/prod"}, "is for another stack (audience 'longrun/prod'); this one's is longrun/dev"),
        ({"aud": ["a", "b"]}, "is for another stack"),
        ({"aud": None}, "lacks the claims aud"),
        ({"iss": "https://evil.example"}, "is of issuer 'https://evil.example'; this stack's is"),
        ({"iss": f"{ISSUER}/"}, "is of issuer"),
        ({"sub": None, "exp": None}, "lacks the claims exp, sub"),
        ({"sub": 7}, "subject is no text"),
        ({"sub": "x" * 300}, "subject cannot be recorded"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_a_signed_token_with_other_claims_is_rejected(verifier: Verifier, changed: dict[str, Any], reason: str) -> None:
    # PyJWT itself does not sign numbers as subjects.
    key, header = rsa_key("one"), {"kid": "one"}
    token = jwt.api_jws.encode(json.dumps(claims(**changed)).encode(), key, "RS256", header)

    with pytest.raises(RejectedTokenError) as rejected:
        verifier.verify(token)

    assert reason in str(rejected.value)
    assert token not in str(rejected.value)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"jti": None}, "lacks the claim jti"),
        ({"aud": "longrun/prod"}, "is for another stack"),
        ({"iss": "other"}, "is of issuer 'other'"),
        ({"exp": NOW - 100, "iat": NOW - 600}, "has expired"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_a_token_of_the_stacks_own_key_with_other_claims_is_rejected(
    own: Verifier, changed: dict[str, Any], reason: str
) -> None:
    with pytest.raises(RejectedTokenError, match=reason):
        own.verify(shared(**changed))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, 7, ["RS256"]])
def test_a_token_without_a_signature_is_rejected(verifier: Verifier, own: Verifier, algorithm: object) -> None:
    token = forged({"alg": algorithm, "typ": "JWT"}, claims())

    for checked in (verifier, own):
        with pytest.raises(RejectedTokenError, match=r"algorithm is|no JSON Web Token"):
            checked.verify(token)


def test_a_token_that_is_signed_with_a_public_key_as_if_it_were_a_shared_one_is_rejected(verifier: Verifier) -> None:
    public = rsa_key("one").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header, body = forged({"alg": "HS256", "kid": "one"}, claims()).split(".")[:2]
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
        f"{header}.{body}".encode(), public
    )
    token = f"{header}.{body}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"

    with pytest.raises(RejectedTokenError, match="algorithm is 'HS256'; allowed: RS256"):
        verifier.verify(token)


def test_a_shared_key_that_an_issuer_publishes_signs_nothing(verifier: Verifier, documents: Documents) -> None:
    documents.keys = {"keys": [{"kty": "oct", "k": "a" * 43, "kid": "one", "alg": "RS256"}]}

    with pytest.raises(RejectedTokenError, match="not signed by a key of the issuer"):
        verifier.verify(signed())


def test_a_token_for_a_public_key_is_rejected_where_the_key_is_shared(own: Verifier) -> None:
    with pytest.raises(RejectedTokenError, match="algorithm is 'RS256'; allowed: HS256"):
        own.verify(signed())


def test_a_forged_or_changed_token_is_rejected(verifier: Verifier, own: Verifier) -> None:
    header, _, signature = signed().split(".")
    other = signed(sub="root").split(".")[1]

    for token in (f"{header}.{other}.{signature}", signed("evil"), f"{header}.{other}.{'A' * len(signature)}"):
        with pytest.raises(RejectedTokenError, match="not signed by a key"):
            verifier.verify(token)
    with pytest.raises(RejectedTokenError, match="not signed by a key"):
        own.verify(shared("x" * 48))


@pytest.mark.parametrize(
    "text", ["", "a", "a.b", "a.b.c", "..", "e30.e30.", "é.é.é", "[" * 9_000, "eyJhbGciOiJIUzI1NiJ9.!.x"]
)
def test_a_text_that_is_no_token_is_rejected(verifier: Verifier, own: Verifier, text: str) -> None:
    for checked in (verifier, own):
        with pytest.raises(RejectedTokenError):
            checked.verify(text)


def test_a_key_that_is_for_something_else_signs_nothing(verifier: Verifier, documents: Documents) -> None:
    for member in ({"use": "enc"}, {"key_ops": ["encrypt"]}, {"alg": "PS512"}):
        documents.keys = jwks("one", **member)
        documents.now += FRESH_SECONDS
        with pytest.raises(RejectedTokenError, match="not signed by a key"):
            verifier.verify(signed())


def test_a_new_key_of_the_issuer_is_noticed_and_invented_ones_do_not_load_it(
    verifier: Verifier, documents: Documents
) -> None:
    verifier.verify(signed())
    documents.now += PAUSE_SECONDS
    documents.keys = jwks("two")

    assert verifier.verify(signed("two")).token_id == "t-1"
    for name in ("invented", "three"):
        with pytest.raises(RejectedTokenError):
            verifier.verify(signed(name))
    with pytest.raises(RejectedTokenError, match="not signed by a key"):
        verifier.verify(signed())
    assert documents.reads == 2


def test_the_keys_of_an_issuer_are_kept_for_a_day_while_it_is_down_and_no_longer(
    verifier: Verifier, documents: Documents, capsys: pytest.CaptureFixture[str]
) -> None:
    from runtime.authorizer.fetch import FetchError  # noqa: PLC0415  only here

    verifier.verify(signed())
    documents.failure = FetchError("id.example.com cannot be reached (TimeoutError)")
    documents.now += FRESH_SECONDS
    assert verifier.verify(signed()).token_id == "t-1"
    assert "authorizer.issuer_unavailable" in capsys.readouterr().out
    documents.now += STALE_SECONDS

    with pytest.raises(IssuerUnavailableError):
        verifier.verify(signed())


def test_a_new_shared_key_is_noticed_and_ends_the_tokens_of_the_old_one(own: Verifier, store: Store) -> None:
    old = shared()
    own.verify(old)
    store.value = "n" * 48

    assert own.verify(shared("n" * 48)).owner == "token:longrun:alice"
    with pytest.raises(RejectedTokenError):
        own.verify(old)


@pytest.mark.parametrize("value", ["", "short"])
def test_nobody_is_let_in_by_a_key_that_can_be_guessed(own: Verifier, store: Store, value: str) -> None:
    store.value = value

    with pytest.raises(IssuerUnavailableError, match="shorter than 32 bytes"):
        own.verify(shared("x" * 48))


def test_a_token_without_an_id_has_the_hash_of_what_was_signed(verifier: Verifier) -> None:
    first, second = signed(jti=None), signed(jti=None, sub="other")
    ids = [verifier.verify(token).token_id for token in (first, second)]

    assert all(found.startswith("sha256:") for found in ids)
    assert len(set(ids)) == 2
    assert verifier.verify(first).token_id == ids[0]


def headed(**header: Any) -> str:  # noqa: ANN401  members of the header
    """A token that a stranger has signed with the key that its own header names."""
    stranger = rsa_key("stranger")
    return jwt.encode(claims(), stranger, "RS256", {"kid": "one", **header})


@pytest.mark.parametrize(
    "header",
    [
        {"jwk": jwks("stranger")["keys"][0]},
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example/cert"},
        {"kid": "../../dev/null"},
        {"kid": "one' OR '1'='1"},
        {"kid": ""},
    ],
    ids=lambda header: str(header)[:24],
)
def test_a_token_cannot_bring_or_name_its_own_key(
    verifier: Verifier, documents: Documents, header: dict[str, Any]
) -> None:
    with pytest.raises(RejectedTokenError, match="not signed by a key"):
        verifier.verify(headed(**header))

    assert documents.reads <= 2, "no address of the header is read: Documents knows the issuer's only"


@pytest.mark.parametrize("header", [{"crit": ["exp"]}, {"crit": ["x"], "x": 1}, {"b64": False}], ids=str)
def test_a_header_that_changes_what_is_signed_is_rejected(verifier: Verifier, header: dict[str, Any]) -> None:
    signing, own = rsa_key("one"), {"kid": "one", **header}
    token = jwt.api_jws.encode(json.dumps(claims()).encode(), signing, "RS256", {**own, "b64": True})
    first, body, _ = token.split(".")
    assert first
    changed = base64.urlsafe_b64encode(json.dumps({"alg": "RS256", **own}).encode()).decode().rstrip("=")
    signature = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256).sign(
        f"{changed}.{body}".encode(), signing
    )

    with pytest.raises(RejectedTokenError):
        verifier.verify(f"{changed}.{body}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}")


def test_an_elliptic_curve_is_that_of_the_algorithm(verifier: Verifier, documents: Documents) -> None:
    documents.keys = jwks("ec1")

    with pytest.raises(RejectedTokenError, match="not signed by a key"):
        verifier.verify(forged({"alg": "ES384", "kid": "ec1"}, claims(), "A" * 128))


def test_a_token_is_not_accepted_in_another_form_than_was_signed(verifier: Verifier) -> None:
    token = signed()

    for changed in (f"{token}=", f"{token}.", f" {token}", token.replace(".", "..", 1), f"{token}\n"):
        with pytest.raises(RejectedTokenError):
            verifier.verify(changed)
