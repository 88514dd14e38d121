"""SecretStore: the stack's secrets, whose values their owners put there."""

from components.secret_store.secret_store import SecretStore, SecretStoreArgs

__all__ = ["SecretStore", "SecretStoreArgs"]
