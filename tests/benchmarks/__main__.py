"""`python -m tests.benchmarks [--quick] [NAME]...`: measure, and print one table."""

import argparse
import contextlib
import functools
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.archive import measure_archive
from tests.benchmarks.following import measure_cpu, measure_memory, measure_transcript
from tests.benchmarks.handing_out import measure_handing_out
from tests.benchmarks.idle import measure_idle
from tests.benchmarks.light import measure_light
from tests.benchmarks.pages import measure_pages
from tests.benchmarks.press import measure_press
from tests.benchmarks.reply import measure_reply
from tests.benchmarks.results import Result, table
from tests.benchmarks.rig import Rig
from tests.benchmarks.screen import measure_screen
from tests.benchmarks.visits import tell_all
from tests.sound_card import SoundCard

NAMES = ("press", "light", "reply", "screen", "transcript", "cpu", "memory", "idle", "archive", "pages", "handing-out")
#: These need no station, and so neither a sound card nor a speech model.
BY_THEMSELVES = {"archive", "pages", "handing-out"}
CAVEAT = (
    "Numbers of this machine at this moment. Other work, the neighbours of a virtual machine and a processor that\n"
    "changes its speed move them; ratios move less, as both sides were measured in this run. The sound card is a\n"
    "virtual one: a real card adds its own time to open, and a Pi is slower. Shown: median (smallest to largest)."
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Measure the station.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"measure only these: {', '.join(NAMES)}")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions (4 minutes instead of 14)")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(NAMES):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(NAMES)}")
    names = [name for name in NAMES if name in (asked.names or NAMES)]
    with tempfile.TemporaryDirectory(prefix="sayso-bench-") as folder, contextlib.ExitStack() as opened:
        rig = None
        if not BY_THEMSELVES.issuperset(names):
            card = SoundCard(Path(folder) / "card")
            opened.callback(card.stop)
            card.start()
            rig = Rig(Path(folder), card, asked.quick)
        header = _header(rig)
        results, sheets, failed = _measure(rig, names, asked.quick)
    print("\n\n".join([header, *sheets, table(results)]))
    sys.exit(1 if failed else 0)


def _header(rig: Rig | None) -> str:
    load = ", ".join(f"{each:.2f}" for each in os.getloadavg())
    model = f", vosk {version('vosk')}, model '{rig.model.name}'" if rig else ""
    return (
        f"Sayso {version('sayso')} on {platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}, "
        f"Python {platform.python_version()}{model}\n"
        f"Load before: {load} (1, 5, 15 minutes). {time.strftime('%Y-%m-%d %H:%M')}\n{CAVEAT}"
    )


def _measure(rig: Rig | None, names: list[str], quick: bool) -> tuple[list[Result], list[str], bool]:
    """Return the rows, sheets that say more, and whether a measurement could not be made."""
    sheets: list[str] = []
    visits = functools.cache(lambda: tell_all(rig))
    benchmarks: dict[str, Callable[[], list[Result]]] = {
        "press": lambda: measure_press(rig),
        "light": lambda: measure_light(rig),
        "reply": lambda: measure_reply(rig),
        "screen": lambda: measure_screen(rig),
        "transcript": lambda: measure_transcript(visits()),
        "cpu": lambda: measure_cpu(visits()),
        "memory": lambda: measure_memory(visits()),
        "idle": lambda: measure_idle(rig),
        "archive": lambda: measure_archive(sheets, quick=quick),
        "pages": lambda: measure_pages(quick=quick),
        "handing-out": lambda: measure_handing_out(quick=quick),
    }
    results, failed = [], False
    for name in names:
        print(f"measuring: {name} ...", file=sys.stderr, flush=True)
        try:
            results += benchmarks[name]()
        except Exception as error:  # whatever it was, the others can still be measured
            results.append(Result(name, "could not be measured", note=f"{type(error).__name__}: {error}"))
            failed = True
    return results, sheets, failed


if __name__ == "__main__":
    main()
