"""The address of an OpenAI-compatible server, which may contain credentials: they are sent, and never shown."""

from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit, urlunsplit

from sandbox.sidecar.settings import SettingsError


@dataclass(frozen=True, slots=True)
class ModelServer:
    """`shown` is the address for messages: without a name, a password, and a query; `secrets` are the parts that must
    not be in any message."""

    shown: str
    host: str
    secrets: tuple[str, ...] = field(repr=False)
    _parts: SplitResult = field(repr=False)

    @classmethod
    def parse(cls, url: str) -> "ModelServer":
        """`url` is with or without /v1 and /chat/completions. Raises SettingsError unless it is http(s)."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:  # its message has a part of the URL
            raise _invalid(url) from None
        name = parts.hostname
        if parts.scheme not in {"http", "https"} or not name:
            raise _invalid(url)
        base = parts.path.rstrip("/").removesuffix("/chat/completions")
        parts = parts._replace(path=base if base.endswith("/v1") else f"{base}/v1", fragment="")
        host = f"[{name}]" if ":" in name else name
        shown = urlunsplit((parts.scheme, host if port is None else f"{host}:{port}", parts.path, "", ""))
        given = [unquote(parts.password or ""), parts.password or "", *(value for _, value in parse_qsl(parts.query))]
        secrets = tuple(dict.fromkeys(filter(None, [*given, parts.query])))
        return cls(shown, name, secrets, parts)

    def url(self, path: str) -> str:
        """The URL of one of its operations, with the credentials."""
        return urlunsplit(self._parts._replace(path=f"{self._parts.path}/{path}"))


def _invalid(url: str) -> SettingsError:
    # What is no URL may still contain a password, at any place.
    shown = "" if "@" in url or "?" in url else f" {url!r}"
    return SettingsError(f"The model URL{shown} is not an http(s) URL: use for example http://127.0.0.1:11434/v1.")
