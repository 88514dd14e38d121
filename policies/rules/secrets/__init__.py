"""Secrets, their values, and parameters that ought to be secrets."""
