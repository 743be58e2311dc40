"""`sayso cards`: the cards with story numbers, as a PDF to print and to cut."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kiosk.cards import name_of
from kiosk.config import Place
from kiosk.errors import CardsError
from kiosk.shown.pictures import PICTURES
from kiosk.shown.texts import load_pictures, load_texts

if TYPE_CHECKING:
    from fpdf import FPDF

#: A4 in mm, and how it is cut: eight cards, each a little larger than a postcard's half, large enough for large print.
_PAGE = (210.0, 297.0)
_ACROSS, _DOWN = 2, 4
_PICTURE_MM = 34.0
_NAME_PT, _WORDS_PT = 34, 14
#: More than anybody cuts at once; a slip of a digit makes no book.
_MOST = 2000


@click.command()
@click.option("--from", "first", type=click.IntRange(1, 99999), help="The lowest number. [station.first_card]")
@click.option("--to", "last", type=click.IntRange(1, 99999), help="The highest number. [60 cards]")
@click.option("--out", type=click.Path(path_type=Path), default=Path("cards.pdf"), show_default=True, help="The PDF.")
@click.pass_obj
def cards(place: Place, first: int | None, last: int | None, out: Path) -> None:
    """Write a PDF of cards with story numbers, to print on A4 and to cut.

    Lay them beside the station in their order: the station gives the numbers one after the other, and the visitor takes
    the card home.
    """
    station = place.load().station
    first = station.first_card if first is None else first
    last = first + 59 if last is None else last
    if not first <= last < first + _MOST:
        raise CardsError(f"Cards from {first} to {last} cannot be printed: choose up to {_MOST}, the lowest first.")
    content = sheet(first, last, station.language)
    try:
        out.write_bytes(content)
    except OSError as error:
        raise CardsError(f"Cannot write {out}: {error.strerror}. Choose another place with --out.") from error
    pages = -(-(last - first + 1) // (_ACROSS * _DOWN))
    click.echo(f"Cards {first} to {last} are in {out} ({pages} pages). Print them at 100 % and cut along the lines.")


def sheet(first: int, last: int, language: str) -> bytes:
    """Return a PDF of the cards from number `first` to `last`."""
    # Loaded here: nothing else needs it.
    from fpdf import FPDF

    pictures, words = load_pictures(language), load_texts(language)["take_back"]
    pdf = FPDF(format=_PAGE)
    pdf.set_auto_page_break(False)
    pdf.set_title(f"Sayso: cards {first} to {last}")
    width, height = _PAGE[0] / _ACROSS, _PAGE[1] / _DOWN
    for number in range(first, last + 1):
        place = (number - first) % (_ACROSS * _DOWN)
        if place == 0:
            pdf.add_page()
            _lines(pdf)
        left, top = place % _ACROSS * width, place // _ACROSS * height
        _picture(pdf, list(pictures)[(number - 1) % len(pictures)], left + (width - _PICTURE_MM) / 2, top + 6)
        pdf.set_xy(left, top + 6 + _PICTURE_MM)
        pdf.set_font("helvetica", "B", _NAME_PT)
        pdf.cell(width, 15, name_of(number, pictures), align="C")
        pdf.set_xy(left + 20, top + 21 + _PICTURE_MM)
        pdf.set_font("helvetica", "", _WORDS_PT)
        pdf.multi_cell(width - 40, 6.5, words, align="C")
    return bytes(pdf.output())


def _lines(pdf: "FPDF") -> None:
    pdf.set_draw_color(150)
    pdf.set_dash_pattern(1, 2)
    for column in range(1, _ACROSS):
        pdf.line(column * _PAGE[0] / _ACROSS, 0, column * _PAGE[0] / _ACROSS, _PAGE[1])
    for row in range(1, _DOWN):
        pdf.line(0, row * _PAGE[1] / _DOWN, _PAGE[0], row * _PAGE[1] / _DOWN)


def _picture(pdf: "FPDF", name: str, left: float, top: float) -> None:
    scale = _PICTURE_MM / 100
    for shape in PICTURES[name]:
        pdf.set_fill_color(255 if shape.white else 0)
        points = [(left + x * scale, top + y * scale) for x, y in shape.points]
        if shape.ellipse:
            (x, y), (right, bottom) = points
            pdf.ellipse(x, y, right - x, bottom - y, style="F")
        else:
            pdf.polygon(points, style="F")
