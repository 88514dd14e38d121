"""TracedFunction: an agent behind a function URL that answers at once, traced."""

from components.traced_function.args import TracedFunctionArgs
from components.traced_function.traced_function import TracedFunction

__all__ = ["TracedFunction", "TracedFunctionArgs"]
