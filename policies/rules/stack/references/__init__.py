"""Which resources the parts of a stack name, and what a role may not do with them."""
