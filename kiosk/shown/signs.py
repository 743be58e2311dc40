"""What the station screen shows besides the cards' pictures: a sign for each thing that is said or asked."""

import itertools
import math

from kiosk.shown.pictures import PICTURES, Points, Shape

_Strokes = tuple[Shape, ...]


def _line(*points: tuple[float, float], width: float = 7, white: bool = False) -> _Strokes:
    """Return a line through points, with round ends and corners."""
    radius = width / 2
    shapes = [_dot(x, y, radius, white=white) for x, y in points]
    for (x, y), (to_x, to_y) in itertools.pairwise(points):
        length = math.hypot(to_x - x, to_y - y) or 1
        across_x, across_y = radius * (to_y - y) / length, radius * (x - to_x) / length
        corners = (
            (x + across_x, y + across_y), (to_x + across_x, to_y + across_y),
            (to_x - across_x, to_y - across_y), (x - across_x, y - across_y),
        )  # fmt: skip
        shapes.append(Shape(corners, white=white))
    return tuple(shapes)


def _arc(
    x: float, y: float, radius: float, begin: float, end: float, width: float = 7, *, white: bool = False
) -> _Strokes:
    """Return a piece of a ring with round ends; 0 is at the top, 0.25 on the right."""

    def at(turn: float, distance: float) -> tuple[float, float]:
        return x + distance * math.sin(2 * math.pi * turn), y - distance * math.cos(2 * math.pi * turn)

    steps = [begin + (end - begin) * step / 24 for step in range(25)]
    outer = [at(turn, radius + width / 2) for turn in steps]
    inner = [at(turn, radius - width / 2) for turn in reversed(steps)]
    ends = (_dot(*at(turn, radius), width / 2, white=white) for turn in (begin, end))
    return (_poly(*outer, *inner, white=white), *ends)


def _dot(x: float, y: float, radius: float, *, white: bool = False) -> Shape:
    return Shape(((x - radius, y - radius), (x + radius, y + radius)), ellipse=True, white=white)


def _poly(*points: tuple[float, float], white: bool = False) -> Shape:
    return Shape(points, white=white)


def _box(left: float, top: float, right: float, bottom: float, corner: float = 6, *, white: bool = False) -> _Strokes:
    """Return a box with round corners."""
    xs, ys = (left + corner, right - corner), (top + corner, bottom - corner)
    return (
        _poly((xs[0], top), (xs[1], top), (xs[1], bottom), (xs[0], bottom), white=white),
        _poly((left, ys[0]), (right, ys[0]), (right, ys[1]), (left, ys[1]), white=white),
        *(_dot(x, y, corner, white=white) for x in xs for y in ys),
    )


def _ellipse(left: float, top: float, right: float, bottom: float, *, white: bool = False) -> Shape:
    return Shape(((left, top), (right, bottom)), ellipse=True, white=white)


def _placed(shapes: tuple[Shape, ...], x: float, y: float, size: float, *, white: bool) -> tuple[Shape, ...]:
    """Return a picture made smaller, at another place, and in one colour."""

    def moved(points: Points) -> Points:
        return tuple((x + px * size / 100, y + py * size / 100) for px, py in points)

    return tuple(Shape(moved(shape.points), shape.ellipse, white) for shape in shapes)


def _person(x: float, top: float, size: float, *, white: bool = False) -> _Strokes:
    return (
        _dot(x, top + 0.2 * size, 0.2 * size, white=white),
        _poly(*(
            (x + 0.36 * size * math.sin(math.pi * (at / 20 - 0.5)),
             top + size - 0.5 * size * math.cos(math.pi * (at / 20 - 0.5))) for at in range(21)
        ), white=white),
    )  # fmt: skip


_BUBBLE = (*_box(8, 12, 92, 70, 16), _poly((26, 64), (54, 64), (26, 92)))
_SPEAKER = (*_box(10, 36, 34, 64, 4), _poly((26, 50), (54, 18), (54, 82)), *_line((54, 22), (54, 78), width=6))

#: Name -> shapes, drawn one over the other.
SIGNS: dict[str, tuple[Shape, ...]] = {
    "face": (
        _dot(50, 50, 44), _dot(35, 42, 6, white=True), _dot(65, 42, 6, white=True),
        *_arc(50, 48, 24, 0.33, 0.67, 6, white=True),
    ),
    "voice": (
        _dot(38, 50, 34), _dot(30, 40, 5, white=True), _dot(50, 40, 5, white=True),
        _ellipse(30, 52, 52, 72, white=True), *_arc(52, 58, 30, 0.16, 0.34, 6), *_arc(52, 58, 43, 0.16, 0.34, 6),
    ),
    "people": (
        *_person(24, 22, 58), *_person(76, 22, 58), *_person(50, 20, 84, white=True), *_person(50, 26, 72),
    ),
    "lifebelt": (
        _dot(50, 50, 46), *(
            shape for turn in (45, 135, 225, 315) for shape in _line(
                (50 + 20 * math.sin(math.radians(turn)), 50 - 20 * math.cos(math.radians(turn))),
                (50 + 52 * math.sin(math.radians(turn)), 50 - 52 * math.cos(math.radians(turn))), width=13, white=True)
        ), _dot(50, 50, 20, white=True),
    ),
    "cross": (
        _dot(50, 50, 46), *_line((33, 33), (67, 67), width=11, white=True),
        *_line((67, 33), (33, 67), width=11, white=True),
    ),
    "badge": (
        *_box(14, 24, 86, 84, 10), *_box(40, 14, 60, 32, 5), *_box(45, 20, 55, 25, 2, white=True),
        *_person(36, 38, 36, white=True),
        *_line((58, 52), (74, 52), white=True), *_line((58, 64), (70, 64), white=True),
        *_line((12, 92), (90, 12), width=15, white=True), *_line((14, 94), (92, 14), width=7),
    ),
    "question": (
        *_BUBBLE, *_arc(50, 34, 11, -0.25, 0.32, 7, white=True), *_line((57, 42.5), (50, 50), white=True),
        _dot(50, 60, 4.5, white=True),
    ),
    "microphone": (
        *_box(36, 6, 64, 58, 14), *_arc(50, 46, 28, 0.25, 0.75), *_line((50, 74), (50, 92)), *_line((34, 92), (66, 92)),
    ),
    "ear": (
        *_arc(60, 34, 28, -0.27, 0.33, 9), *_line((84, 48), (71, 63), (66, 80), width=9),
        *_arc(54, 80, 12, 0.25, 0.62, 9), *_arc(60, 36, 13, -0.27, 0.3, 7),
        *_line((72, 41), (60, 53), (60, 62), width=7), *_arc(38, 40, 21, 0.63, 0.87, 6),
        *_arc(38, 40, 33, 0.65, 0.85, 6),
    ),
    "hourglass": (
        *_line((22, 10), (78, 10), width=10), *_line((22, 90), (78, 90), width=10),
        _poly((28, 12), (72, 12), (72, 22), (55, 50), (72, 78), (72, 88), (28, 88), (28, 78), (45, 50), (28, 22)),
        _poly((35, 18), (65, 18), (63, 26), (37, 26), white=True), _poly((50, 54), (64, 76), (36, 76), white=True),
    ),
    "clock": (
        _dot(50, 50, 45), _dot(50, 50, 36, white=True), *_line((50, 50), (50, 24)), *_line((50, 50), (66, 60)),
    ),
    "speaker": (*_SPEAKER, *_arc(50, 50, 24, 0.13, 0.37), *_arc(50, 50, 40, 0.13, 0.37)),
    "treasure": (*_BUBBLE, *_placed(PICTURES["heart"], 27, 17, 46, white=True)),
    "bin": (
        *_line((20, 24), (80, 24), width=9), *_line((40, 22), (40, 13), (60, 13), (60, 22), width=7),
        _poly((26, 34), (74, 34), (69, 90), (31, 90)), *_line((33, 89), (67, 89), width=8),
        *_line((41, 46), (43, 78), width=5, white=True), *_line((59, 46), (57, 78), width=5, white=True),
    ),
    "page": (
        *_box(20, 6, 80, 94, 8), *_line((33, 28), (67, 28), width=6, white=True),
        *_line((33, 43), (67, 43), width=6, white=True), *_line((33, 58), (67, 58), width=6, white=True),
        *_line((33, 73), (52, 73), width=6, white=True),
    ),
    "spanner": (
        _dot(70, 30, 25), _poly((70, 30), (98, 30), (98, 0), (70, 0), white=True), _dot(70, 30, 11, white=True),
        *_line((57, 43), (20, 80), width=17), _dot(20, 80, 3.5, white=True),
    ),
    "megaphone": (
        *_box(8, 38, 34, 62, 6), _poly((28, 40), (72, 16), (72, 84), (28, 60)), *_line((72, 18), (72, 82), width=7),
        *_line((22, 62), (28, 86), width=11), *_arc(70, 50, 20, 0.13, 0.37, 6),
    ),
    "heart": PICTURES["heart"],
    "dot": (_dot(50, 50, 46),),
    "tick": (_dot(50, 50, 46), *_line((30, 52), (44, 66), (70, 36), width=11, white=True)),
}  # fmt: skip


def svg_parts(name: str) -> list[tuple[bool, str]]:
    """Return a sign or a card's picture as SVG paths in a square of 100 by 100, each with whether it is cut out."""
    shapes = SIGNS.get(name) or PICTURES[name]
    parts: list[tuple[bool, str]] = []
    for shape in shapes:
        if parts and parts[-1][0] is shape.white:
            parts[-1] = (shape.white, f"{parts[-1][1]} {_path(shape)}")
        else:
            parts.append((shape.white, _path(shape)))
    return parts


def _path(shape: Shape) -> str:
    points = [(round(x, 1), round(y, 1)) for x, y in shape.points]
    if not shape.ellipse:
        # Pieces that overlap in one path must run the same way around, or they cancel each other.
        around = sum(x * to_y - to_x * y for (x, y), (to_x, to_y) in itertools.pairwise([*points, points[0]]))
        points = points if around > 0 else points[::-1]
        return "M" + " ".join(f"{x:g} {y:g}" for x, y in points) + "Z"
    (left, top), (right, bottom) = points
    across, down = (right - left) / 2, (bottom - top) / 2
    arc = f"a{across:g} {down:g} 0 1 1"
    return f"M{left:g} {top + down:g}{arc} {2 * across:g} 0{arc} {-2 * across:g} 0Z"
