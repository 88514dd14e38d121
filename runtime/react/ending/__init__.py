"""How runs of the workflow end, whoever ends them."""
