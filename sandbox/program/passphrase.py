"""Decrypts the values that `pulumi config set --secret` encrypts with a passphrase.

The format is the engine's: AES-256-GCM, with a key that PBKDF2 derives from the passphrase and the stack's salt.
"""

import base64
import hashlib
import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final

PASSPHRASE: Final = "PULUMI_CONFIG_PASSPHRASE"  # noqa: S105  the name of a variable
PASSPHRASE_FILE: Final = "PULUMI_CONFIG_PASSPHRASE_FILE"  # noqa: S105
_ROUNDS: Final = 1_000_000
_KEY_BYTES: Final = 32


class DecryptionError(Exception):
    """The message says why a value cannot be read, and what to do."""


class Decryption:
    """Of one stack's file, by the passphrase in the environment. The key, half a second's work, is derived once."""

    def __init__(self, file: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> None:
        self._salt = str(file.get("encryptionsalt") or "")
        self._provider = str(file.get("secretsprovider") or "")
        self._environment = environment

    def __call__(self, ciphertext: str) -> str:
        """Raises DecryptionError."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415  few stacks have encrypted values
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        key = self._key
        try:
            version, nonce, sealed = ciphertext.split(":")
            if version != "v1":
                raise DecryptionError(f"its format {version!r} is not known here")
            text = AESGCM(key).decrypt(base64.b64decode(nonce), base64.b64decode(sealed), None)
            return text.decode()
        except InvalidTag:
            raise DecryptionError(f"{PASSPHRASE} is not the passphrase of this stack; set the right one") from None
        except ValueError:
            raise DecryptionError("the encrypted text is damaged; set the value again") from None

    @cached_property
    def _key(self) -> bytes:
        salt = self._salt.split(":")
        if self._provider not in ("", "passphrase") or len(salt) < 2:  # noqa: PLR2004  a version and the salt
            owner = self._provider or "the stack's secrets provider"
            raise DecryptionError(f"only Pulumi can decrypt it, by {owner}")
        try:
            decoded = base64.b64decode(salt[1])
        except ValueError:
            raise DecryptionError("encryptionsalt is damaged") from None
        return hashlib.pbkdf2_hmac("sha256", self._passphrase().encode(), decoded, _ROUNDS, _KEY_BYTES)

    def _passphrase(self) -> str:
        """An empty passphrase is one too."""
        if PASSPHRASE in self._environment:
            return self._environment[PASSPHRASE]
        if path := self._environment.get(PASSPHRASE_FILE):
            try:
                return Path(path).read_text().strip()
            except OSError as error:
                raise DecryptionError(f"{PASSPHRASE_FILE} cannot be read: {error.strerror}") from None
        raise DecryptionError(f"{PASSPHRASE} is not set; set it to the stack's passphrase")
