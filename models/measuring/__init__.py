"""How good models are: recordings of which is known what was said, and what models make of them."""
