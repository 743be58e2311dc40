"""Copies of everything on another disk, and the way back: `sayso backup`, `sayso restore`."""
