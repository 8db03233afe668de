"""A lesson as a person sees it: step by step in a terminal, as a page, as a notebook."""
