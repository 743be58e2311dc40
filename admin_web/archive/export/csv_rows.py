"""Rows of tables that programs for tables open, and never run."""

import csv
import io
from collections.abc import Sequence

#: By this at its beginning such programs see that a table is UTF-8.
BYTE_ORDER_MARK = "\ufeff"
#: A cell that begins so is taken for a formula, and run (OWASP, "CSV Injection"); the last four are wide letters.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def without_formula(cell: str) -> str:
    """Return a cell that no program takes for a formula: an apostrophe before it says that it is text."""
    return f"'{cell}" if cell.lstrip(" \u00a0").startswith(_FORMULA) else cell


def csv_row(cells: Sequence[str], *, quoted: bool = False) -> str:
    """Return a row with its end.

    Args:
        cells: What stands in it; whatever could be taken for a formula went through `without_formula`.
        quoted: Put every cell in quotation marks, also where it need not be.
    """
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL).writerow(cells)
    return line.getvalue()
