"""What `sayso models measure` shows: a table in Markdown and a picture in SVG.

The picture is written here, without a plotting library: matplotlib and what it needs take 100 MB and seconds to load on
a Pi, for dots, lines and names.
"""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from models.measuring.scores import Heard, Score, difference, groups

#: One model's name -> the recordings as it heard them; every model heard the same ones.
Results = Mapping[str, Sequence[Heard]]
ALL = "all"


def parts(results: Results) -> list[tuple[str, dict[str, list[Heard]]]]:
    """Return the groups (all, by noise, by length), each with what every model heard of it."""
    by_model = {model: {ALL: list(heard), **groups(heard)} for model, heard in results.items()}
    names = next(iter(by_model.values()))
    return [(name, {model: found[name] for model, found in by_model.items()}) for name in names]


def table(results: Results) -> Iterator[str]:
    """Yield the lines of the table, and for several models which of them is better."""
    yield "| recordings | model | words wrong (95 %) | words | start, end off by (median, 95 %) | processor time |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for name, by_model in parts(results):
        for model, heard in by_model.items():
            score = Score.of(heard)
            yield (
                f"| {name} ({score.recordings}) | {model} | {wrong_in_words(score)} | {score.words} "
                f"| {times_in_words(score)} | {score.real_time:.3f} |"
            )
    models = list(results)
    for other in models[1:]:
        yield ""
        yield compare(models[0], results[models[0]], other, results[other])


def compare(one: str, first: Sequence[Heard], other: str, second: Sequence[Heard]) -> str:
    """Return a sentence on which of two models hears the same recordings better."""
    less, (low, high) = difference(first, second)
    figures = f"{abs(less):.1%} of the words (95 %: {low:+.1%} to {high:+.1%})"
    if low > 0:
        return f"{other} is better than {one}: it gets fewer wrong by {figures}."
    if high < 0:
        return f"{one} is better than {other}: {other} gets more wrong by {figures}."
    return f"Whether {one} or {other} is better these recordings do not tell: they differ by {figures}."


def wrong_in_words(score: Score) -> str:
    """Return the share of wrong words and its interval."""
    return f"{score.wrong:.1%} ({score.between[0]:.1%} to {score.between[1]:.1%})"


def times_in_words(score: Score) -> str:
    """Return how far the words' times are off."""
    if score.start_error is None or score.end_error is None:
        return "-"
    return ", ".join(
        f"{middle * 1000:.0f} ms ({low * 1000:.0f} to {high * 1000:.0f})"
        for middle, (low, high) in (score.start_error, score.end_error)
    )


#: Dots of the picture: told apart by colour (Okabe and Ito's, for all eyes) and by shape of the legend's order.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_LEFT, _WIDTH, _ROW, _TOP = 150, 480, 18, 44


def picture(results: Results) -> str:
    """Return the table's shares of wrong words as an SVG: a dot for each, a line for its interval."""
    found = [(name, {model: Score.of(heard) for model, heard in by_model.items()}) for name, by_model in parts(results)]
    most = max(score.between[1] for _, scores in found for score in scores.values())
    step = next(each for each in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 100) if each * 6 >= most)
    scale = _WIDTH / (step * 6)
    body, y = [], _TOP
    for name, scores in found:
        body.append(_text(_LEFT - 10, y + _ROW * len(scores) / 2 + 4, f"{name}", "end"))
        for index, score in enumerate(scores.values()):
            colour, middle = _COLOURS[index % len(_COLOURS)], y + _ROW * (index + 0.5)
            low, at, high = (_LEFT + scale * each for each in (score.between[0], score.wrong, score.between[1]))
            body.append(f'<path d="M{low:.1f} {middle:.1f}H{high:.1f}" stroke="{colour}" stroke-width="2"/>')
            body.append(f'<circle cx="{at:.1f}" cy="{middle:.1f}" r="4.5" fill="{colour}"/>')
        y += _ROW * len(scores) + 10
    lines = []
    for index in range(7):
        x = _LEFT + scale * step * index
        lines.append(f'<path d="M{x:.1f} {_TOP - 6}V{y}" stroke="#ddd"/>')
        lines.append(_text(x, y + 16, f"{step * index:.0%}", "middle"))
    lines.append(_text(_LEFT + _WIDTH / 2, y + 34, "words wrong, with 95 % intervals", "middle"))
    legend, x = [], 10
    for index, model in enumerate(results):
        legend.append(f'<circle cx="{x + 5}" cy="16" r="4.5" fill="{_COLOURS[index % len(_COLOURS)]}"/>')
        legend.append(_text(x + 16, 20, model, "start"))
        x += 30 + 8 * len(model)
    width, height = max(_LEFT + _WIDTH + 30, x), y + 46
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'font-family="sans-serif" font-size="13">\n<title>Words wrong: {escape(", ".join(results))}</title>\n'
        f'<rect width="100%" height="100%" fill="#fff"/>\n' + "\n".join([*legend, *lines, *body]) + "\n</svg>\n"
    )


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
