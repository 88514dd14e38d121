"""How a caller shows the secret of a local sandbox where it cannot sign: in a header, or in the path of the URL."""

import re
from typing import Final
from urllib.parse import urlsplit, urlunsplit

HEADER: Final = "x-longrun-secret"
PATH_PREFIX: Final = "/_key/"
"""In front of a URL's own path, followed by the secret: /_key/SECRET/the/path."""

KEY_ID_PREFIX: Final = "LONGRUN"
"""An access key id that begins with it belongs to a sandbox."""

_IN_URL: Final = re.compile(re.escape(PATH_PREFIX) + r"[^/?#\s]+")


def with_secret(url: str, secret: str) -> str:
    """Returns the URL with the secret in its path; one that has a secret already gets this one instead."""
    parts = urlsplit(without_secret(url))
    return urlunsplit(parts._replace(path=f"{PATH_PREFIX}{secret}{parts.path}"))


def without_secret(text: str) -> str:
    """Returns a URL, or a text with URLs, without the secret: as messages and logs show it."""
    return _IN_URL.sub("", text)
