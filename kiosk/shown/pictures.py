"""The pictures on the cards and on the screen: simple shapes of one colour, drawn here so that no file is needed.

Coordinates are per cent of a square, x to the right and y down.
"""

import math
from dataclasses import dataclass

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Shape:
    """A filled shape.

    Attributes:
        points: Its corners; for an ellipse its bounding box: left top and right bottom.
        ellipse: Whether it is an ellipse.
        white: Cut out of what was drawn before.
    """

    points: Points
    ellipse: bool = False
    white: bool = False


def _poly(*points: tuple[float, float], white: bool = False) -> Shape:
    return Shape(points, white=white)


def _disc(x: float, y: float, radius: float, *, white: bool = False, flat: float = 1.0) -> Shape:
    box = ((x - radius, y - radius * flat), (x + radius, y + radius * flat))
    return Shape(box, ellipse=True, white=white)


def _around(x: float, y: float, radius: float, turns: float) -> tuple[float, float]:
    return x + radius * math.sin(2 * math.pi * turns), y - radius * math.cos(2 * math.pi * turns)


def _ray(turns: float) -> Shape:
    return _poly(_around(50, 50, 48, turns), _around(50, 50, 30, turns - 0.03), _around(50, 50, 30, turns + 0.03))


def _heart() -> Shape:
    turns = [2 * math.pi * each / 60 for each in range(60)]
    return _poly(*(
        (
            50 + 2.7 * 16 * math.sin(t) ** 3,
            46 - 2.7 * (13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)),
        )
        for t in turns
    ))  # fmt: skip


#: On the cards: name -> shapes, drawn one over the other. Anybody can name them.
PICTURES: dict[str, tuple[Shape, ...]] = {
    "sun": (_disc(50, 50, 24), *(_ray(each / 12) for each in range(12))),
    "fish": (
        _disc(42, 50, 36, flat=0.58), _poly((68, 50), (97, 28), (97, 72)), _disc(24, 44, 4, white=True),
    ),
    "house": (
        _poly((14, 48), (86, 48), (86, 94), (14, 94)), _poly((4, 50), (50, 8), (96, 50)),
        _poly((42, 66), (58, 66), (58, 94), (42, 94), white=True),
        _poly((22, 60), (34, 60), (34, 74), (22, 74), white=True),
        _poly((66, 60), (78, 60), (78, 74), (66, 74), white=True),
    ),
    "star": (_poly(*(_around(50, 53, 49 if each % 2 == 0 else 20, each / 10) for each in range(10))),),
    "tree": (
        _poly((43, 74), (57, 74), (57, 98), (43, 98)), _disc(50, 28, 25), _disc(30, 52, 24), _disc(70, 52, 24),
        _disc(50, 56, 22),
    ),
    "boat": (
        _poly((6, 66), (94, 66), (78, 92), (22, 92)), _poly((48, 6), (52, 6), (52, 66), (48, 66)),
        _poly((56, 10), (90, 58), (56, 58)), _poly((44, 20), (44, 58), (18, 58)),
    ),
    "heart": (_heart(),),
    "cup": (
        _disc(76, 46, 18), _disc(76, 46, 10, white=True), _poly((14, 22), (74, 22), (66, 78), (22, 78)),
        _disc(44, 88, 40, flat=0.15),
    ),
    "moon": (_disc(46, 50, 44), _disc(66, 42, 38, white=True)),
    "flower": (
        _poly((47, 50), (53, 50), (53, 98), (47, 98)), _poly((52, 88), (78, 68), (72, 88)),
        *(_disc(*_around(50, 34, 19, each / 6), 13) for each in range(6)), _disc(50, 34, 9, white=True),
    ),
    "kite": (
        _poly((50, 2), (80, 36), (50, 80), (20, 36)), _poly((49, 2), (51, 2), (51, 80), (49, 80), white=True),
        _poly((20, 35), (80, 35), (80, 37), (20, 37), white=True), _poly((49, 80), (52, 80), (62, 98), (58, 98)),
        _poly((46, 84), (62, 92), (60, 84), (48, 92)),
    ),
    "cat": (
        _disc(50, 56, 38, flat=0.92), _poly((14, 58), (16, 8), (46, 28)), _poly((86, 58), (84, 8), (54, 28)),
        _disc(35, 50, 6, white=True), _disc(65, 50, 6, white=True), _disc(35, 50, 2.5), _disc(65, 50, 2.5),
        _poly((44, 63), (56, 63), (50, 70), white=True),
        *(
            _poly((50 + side * 12, 68 + up), (50 + side * 32, 65 + 2 * up), (50 + side * 32, 66.4 + 2 * up), white=True)
            for side in (-1, 1) for up in (0, 4)
        ),
    ),
}  # fmt: skip
