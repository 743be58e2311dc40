"""A fresh process that opens a store, and does with it what it finds in a file of tasks.

`python -m tests.benchmarks.archive_child STORE FOLDER [TASKS]` prints the milliseconds of each operation as JSON, and
as "memory" how much more memory (MB) the process held at most than before it opened the store.
"""

import gc
import json
import pickle
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.benchmarks.archive_build import NAMES
from tests.benchmarks.archive_data import Tasks
from tests.benchmarks.archive_stores import ArchiveStore, Store, looking, open_store, timed_ms


def main() -> None:
    kind, folder, *path = sys.argv[1:]
    tasks: Tasks | None = pickle.loads(Path(path[0]).read_bytes()) if path else None
    # The site has them from the folder that it compares with.
    names: list[str] = json.loads((Path(folder) / NAMES).read_text()) if tasks else []
    gc.collect()
    before = _memory_mb("VmRSS")
    # From here on the kernel keeps the peak anew (proc(5), clear_refs).
    Path("/proc/self/clear_refs").write_text("5")
    opened: list[Store] = []
    found = {"open": [timed_ms(lambda: opened.append(open_store(kind, Path(folder))))]}
    if tasks:
        for name, calls in _operations(opened[0], tasks, names).items():
            found[name] = [timed_ms(call) for call in calls]
        found["memory"] = [_memory_mb("VmHWM") - before]
    opened[0].close()
    print(json.dumps(found))


def _operations(store: Any, tasks: Tasks, names: list[str]) -> dict[str, list[Callable[[], Any]]]:
    operations = {
        "get": [store.get(name) for name in tasks.names],
        "insert": [store.insert(made) for made in tasks.new],
        "update": [store.update(name, number) for number, name in enumerate(tasks.names, start=2)],
        **looking(store, tasks),
    }
    return {**operations, "compare": [store.compare(names)]} if isinstance(store, ArchiveStore) else operations


def _memory_mb(name: str) -> float:
    (kib,) = re.findall(rf"^{name}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(kib) * 1024 / 1e6


if __name__ == "__main__":
    main()
