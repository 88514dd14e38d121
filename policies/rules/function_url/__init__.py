"""Function URLs: who may call them, and what comes back."""
