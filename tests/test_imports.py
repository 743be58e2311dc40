"""No package imports another upwards: see the table of packages in the README."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHARED = {"kiosk.stories", "kiosk.config", "kiosk.errors", "kiosk.shown"}
OURS = {"kiosk", "models", "admin_web"}

#: package -> modules of ours that it may import besides its own.
ALLOWED = {"kiosk": set(), "models": SHARED, "admin_web": SHARED}
#: package -> libraries that another package exists to hold.
FORBIDDEN = {
    "kiosk": {"vosk", "flask", "tinydb", "waitress"},
    "models": {"gpiozero", "sounddevice", "flask", "tinydb"},
    "admin_web": {"vosk", "gpiozero", "sounddevice"},
}


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            # `from kiosk import config` names a module as well as a package.
            found |= {node.module or ""} if node.module not in OURS else {f"{node.module}.{a.name}" for a in node.names}
    return found


@pytest.mark.parametrize("package", sorted(OURS))
def test_a_package_imports_only_what_it_may(package: str) -> None:
    files = list((ROOT / package).rglob("*.py"))
    assert files
    for path in files:
        for name in imports_of(path):
            top = name.split(".")[0]
            assert top not in FORBIDDEN[package], f"{path} imports {name}"
            if top in OURS - {package}:
                shared = any(name == each or name.startswith(f"{each}.") for each in ALLOWED[package])
                assert shared, f"{path} imports {name}"


@pytest.mark.parametrize(
    ("module", "not_loaded"),
    [
        ("kiosk.cli", ["kiosk.station", "gpiozero", "sounddevice", "vosk", "flask", "numpy"]),
        ("kiosk.station", ["sounddevice", "vosk", "flask", "numpy", "models", "admin_web"]),
        ("kiosk.devices.capture", ["numpy", "gpiozero", "pydantic"]),
        ("models.cli", ["gpiozero", "sounddevice", "flask", "admin_web", "vosk", "numpy"]),
        (
            "models.models_cli",
            ["gpiozero", "sounddevice", "flask", "admin_web", "vosk", "numpy", "tqdm", "urllib.request"],
        ),
        ("admin_web.cli", ["vosk", "gpiozero", "sounddevice", "numpy", "models", "kiosk.station"]),
    ],
)
def test_loading_one_part_does_not_load_anothers_libraries(module: str, not_loaded: list[str]) -> None:
    script = f"import sys, {module}; print(*[name for name in {not_loaded!r} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []
