"""Makes the starter model from nothing but programs that speak and texts of our own: `python -m models.training`."""
