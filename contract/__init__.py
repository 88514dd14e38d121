"""The run contract: what both ends of the wire must agree on. Standard library only; imports no other part."""
