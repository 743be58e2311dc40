"""A speech model is a folder of files; here is where it is and whether the files are there.

Vosk tells of a wrong model by a sentence on standard error, by an exception, or by ending the process: a short
`disambig_tid.int` is a segmentation fault, an empty `model.conf` an abort. So the files are looked at first, and
whatever these looks cannot see is found out in a process of its own (`models.checks.try_model`).

Which files Vosk 0.3.45 reads: `Model::ConfigureV1`, `ConfigureV2` and `ReadDataFiles` in its `model.cc`.
"""

from pathlib import Path

from kiosk.errors import ModelError

#: The name that stands for the model that comes with Sayso.
STARTER = "starter"

#: The first bytes of every OpenFst file (its magic number, little-endian).
_FST_MAGIC = (0x7EB2FDD6).to_bytes(4, "little")
#: The kind of graph that `HCLr.fst` is made as (Kaldi's mkgraph_lookahead.sh), as its header says. Vosk takes another
#: one without complaint and then hears nothing.
_LOOK_AHEAD = b"olabel_lookahead"
#: The first bytes of a binary Kaldi file; a text one begins with a token.
_KALDI_STARTS = (b"\x00B", b"<")
_GET_ANOTHER = "Copy the model again from where it came from, or choose another in the settings ([transcriber] model)."


def model_folder(name_or_path: str | Path) -> Path:
    """Return the folder of a model: `starter`, or a path, which need not exist."""
    if str(name_or_path) == STARTER:
        return Path(__file__).parent / STARTER
    return Path(name_or_path).expanduser().absolute()


def model_name(folder: Path) -> str:
    """Return the name that goes into a transcript: that of the folder."""
    return folder.resolve().name


def model_size_and_age(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Return path, bytes and time of change (ns) of each file, to see that somebody has mended a model."""
    found = []
    for path in sorted(folder.rglob("*")):
        try:
            stat = path.stat()
        except OSError:
            continue
        found.append((str(path.relative_to(folder)), stat.st_size, stat.st_mtime_ns))
    return tuple(found)


def check_model(folder: Path) -> None:
    """Look whether `folder` holds the files of a Vosk model, without loading any of them.

    Takes about a millisecond. A file that is there, begins well and is damaged further on is not noticed.

    Raises:
        ModelError: Names the file that is missing, empty or of another kind, and says what to do.
    """
    if not folder.is_dir():
        raise ModelError(
            f"There is no speech model at {folder}: {'it is a file' if folder.exists() else 'no such folder'}. "
            f"Name the folder that holds 'am' and 'conf' of a Vosk model, or '{STARTER}' for the one that comes "
            "with Sayso."
        )
    try:
        _check_files(folder)
    except OSError as error:
        raise ModelError(
            f"Cannot read the speech model's file {error.filename}: {error.strerror}. "
            "Give this account the right to read the model's folder."
        ) from error


def _check_files(folder: Path) -> None:
    # The older layout keeps every file in one folder; the newer one has am, conf and graph.
    old = (folder / "final.mdl").exists() and (folder / "mfcc.conf").exists()
    if old and not (folder / "am" / "final.mdl").exists():
        acoustic, conf, graph, boundaries = folder, [], folder, folder / "word_boundary.int"
    else:
        acoustic, conf, graph = folder / "am", [folder / "conf" / "model.conf"], folder / "graph"
        boundaries = graph / "phones" / "word_boundary.int"
    _require(acoustic / "final.mdl", folder)
    _check_start(acoustic / "final.mdl", _KALDI_STARTS)
    for path in conf:
        _check_options(_require(path, folder))
    _check_features(folder if acoustic == folder else folder / "conf", folder)
    _check_graph(graph, folder)
    _check_table(_require(graph / "words.txt", folder), fields=2, at_least=2)
    _check_table(_require(boundaries, folder), fields=2, at_least=1)


def _check_features(conf: Path, folder: Path) -> None:
    filterbank = conf / "fbank.conf"
    path = filterbank if filterbank.exists() and not (conf / "mfcc.conf").exists() else conf / "mfcc.conf"
    _check_options(_require(path, folder))


def _check_graph(graph: Path, folder: Path) -> None:
    if (graph / "HCLG.fst").exists():
        names = ["HCLG.fst"]
    elif any((graph / name).exists() for name in ("HCLr.fst", "Gr.fst")):
        names = ["HCLr.fst", "Gr.fst"]
        _check_table(_require(graph / "disambig_tid.int", folder), fields=1, at_least=1)
    else:
        raise ModelError(
            f"The speech model {folder} lacks {_short(graph / 'HCLG.fst', folder)} "
            f"(or HCLr.fst with Gr.fst). {_GET_ANOTHER}"
        )
    for name in names:
        _check_start(_require(graph / name, folder), (_FST_MAGIC,))
    if "HCLr.fst" in names:
        kind = len(_LOOK_AHEAD).to_bytes(4, "little") + _LOOK_AHEAD
        _check_start(graph / "HCLr.fst", (_FST_MAGIC + kind,))


def _require(path: Path, folder: Path) -> Path:
    if not path.is_file():
        raise ModelError(f"The speech model {folder} lacks the file {_short(path, folder)}. {_GET_ANOTHER}")
    if path.stat().st_size == 0:
        raise ModelError(f"The speech model {folder} has an empty file {_short(path, folder)}. {_GET_ANOTHER}")
    return path


def _check_start(path: Path, starts: tuple[bytes, ...]) -> None:
    with path.open("rb") as file:
        start = file.read(max(map(len, starts)))
    if not start.startswith(starts):
        raise _damaged(path)


def _check_options(path: Path) -> None:
    lines = [line.split(b"#")[0].strip() for line in path.read_bytes().splitlines()]
    options = [line for line in lines if line]
    if not options or not all(line.startswith(b"--") and len(line) > len("--") for line in options):
        raise _damaged(path)


def _check_table(path: Path, fields: int, at_least: int) -> None:
    lines = [line.split() for line in path.read_bytes().splitlines() if line.strip()]
    if len(lines) < at_least or not all(len(line) == fields for line in lines):
        raise _damaged(path)


def _damaged(path: Path) -> ModelError:
    return ModelError(f"The speech model's file {path} is damaged or not what its name says. {_GET_ANOTHER}")


def _short(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder))
