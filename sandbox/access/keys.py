"""The keys of one sandbox: what its emulator and its sidecar demand of every request."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from contract.sandbox_access import KEY_ID_PREFIX

_KEY_ID_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_KEY_ID_LENGTH: Final = 20
_SECRET_BYTES: Final = 30


@dataclass(frozen=True, slots=True)
class Keys:
    """`key_id` is no secret; MiniStack takes only ids of twelve digits for an account, so it belongs to the default
    account. `secret` is the AWS secret access key, and is also shown by itself in a header or a path: it consists of 40
    characters that need no encoding in a URL."""

    key_id: str
    secret: str = field(repr=False)

    @classmethod
    def create(cls) -> "Keys":
        rest = _KEY_ID_LENGTH - len(KEY_ID_PREFIX)
        key_id = KEY_ID_PREFIX + "".join(secrets.choice(_KEY_ID_ALPHABET) for _ in range(rest))
        return cls(key_id, secrets.token_urlsafe(_SECRET_BYTES))

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> "Keys":
        """Returns the keys that AWS's variables name."""
        return cls(variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"])
