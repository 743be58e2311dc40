"""A speech model is a folder of files; here is where it is and whether the files are there.

Vosk tells of a wrong model by a sentence on standard error, by an exception, or by ending the process: a short
`disambig_tid.int` is a segmentation fault, an empty `model.conf` an abort. So the files are looked at first, and
whatever these looks cannot see is found out in a process of its own (`models.checks.try_model`).

Which files Vosk 0.3.45 reads: `Model::ConfigureV1`, `ConfigureV2` and `ReadDataFiles` in its `model.cc`.
"""

import struct
from pathlib import Path

from kiosk.errors import ModelError

#: The name that stands for the model that comes with Sayso.
STARTER = "starter"
#: In the settings: whatever was chosen with 'sayso models use', and before anybody has chosen the starter model.
AUTO = "auto"

#: The first bytes of every OpenFst file (its magic number, little-endian).
_FST_MAGIC = (0x7EB2FDD6).to_bytes(4, "little")
#: The kind of graph that `HCLr.fst` is made as (Kaldi's mkgraph_lookahead.sh), as its header says. Vosk takes another
#: one without complaint and then hears nothing.
_LOOK_AHEAD = b"olabel_lookahead"
#: Set in an OpenFst file's header where the words are in the file itself (`FstHeader::HAS_OSYMBOLS`).
_HAS_WORDS = 2
#: The first bytes of a binary Kaldi file; a text one begins with a token.
_KALDI_STARTS = (b"\x00B", b"<")
_GET_ANOTHER = "Get the model again from where it came from ('sayso models get'), or choose another."


def model_folder(name_or_path: str | Path) -> Path:
    """Return the folder of a model: `starter` (also as `auto`), or a path, which need not exist."""
    if str(name_or_path) in (STARTER, AUTO):
        return Path(__file__).parent / STARTER
    return Path(name_or_path).expanduser().absolute()


def is_look_ahead(folder: Path) -> bool:
    """Say whether a model's graph is of two parts, so that it can be adapted and take word lists at run time."""
    return any((part / "HCLr.fst").exists() for part in (folder / "graph", folder))


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
    with_words = _check_graph(graph, folder)
    # The publisher's vosk-model-small-en-us-0.15 has no words.txt: its words are in Gr.fst (vosk-api #2057).
    if not _holds_words(with_words):
        _check_table(_require(graph / "words.txt", folder), fields=2, at_least=2)
    _check_table(_require(boundaries, folder), fields=2, at_least=1)


def _check_features(conf: Path, folder: Path) -> None:
    filterbank = conf / "fbank.conf"
    path = filterbank if filterbank.exists() and not (conf / "mfcc.conf").exists() else conf / "mfcc.conf"
    _check_options(_require(path, folder))


def _check_graph(graph: Path, folder: Path) -> Path:
    """Return the file of the graph in which words can be (`Model::ReadDataFiles`)."""
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
    return graph / names[-1]


def _holds_words(path: Path) -> bool:
    """Say whether an OpenFst file holds the words of its numbers; then Vosk reads no words.txt.

    The header: magic number, two texts (length and letters), version, flags.
    """
    try:
        with path.open("rb") as file:
            file.seek(len(_FST_MAGIC))
            for _ in ("type of FST", "type of arc"):
                (length,) = struct.unpack("<i", file.read(4))
                file.seek(max(0, length), 1)
            _version, flags = struct.unpack("<ii", file.read(8))
    except struct.error as error:
        raise _damaged(path) from error
    return bool(flags & _HAS_WORDS)


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
