"""What MiniStack's functions return."""

from typing import Any, TypeAlias

Answer: TypeAlias = tuple[int, Any, Any]
"""Status, headers and body of a reply."""

Json: TypeAlias = Any
"""Plain data of any depth."""
