"""Development tools: they write the page, the map and the corpus; neither the pack nor `longrun check` needs them."""
