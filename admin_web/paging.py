"""Pages of lists."""

from flask import abort, request


def page_asked_for() -> int:
    """Return the page that `?page=` asks for, counted from 1; 404 if that is no number of a page."""
    text = request.args.get("page", "1")
    page = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    return page if page >= 1 else abort(404)
