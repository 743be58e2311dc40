"""`sayso transcribe`: in the station, or for any sound file."""

import json
import os
import signal
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import click

from kiosk.config import Place
from kiosk.errors import AudioError, UsageError
from kiosk.stories.folder import DataFolder
from kiosk.stories.wav import FRAME_BYTES, SAMPLERATE_HZ
from models.choice import Choice
from models.recogniser import HeardWord
from models.recogniser_process import RecogniserDied, RecogniserProcess
from models.worker import REQUEST_BYTES

#: A subtitle holds this many words at most, as many as are read at a glance.
CUE_WORDS = 7
#: A pause this long ends a subtitle, in seconds.
CUE_PAUSE_S = 0.7


@click.command()
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--model",
    metavar="DIR",
    help="Folder of a Vosk model, the name of an installed one, or 'starter': for the station's language. "
    "[the settings' model]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["txt", "json", "srt"]),
    help="How to print the words. txt: as text. json: for each file a line of JSON with every word, its times in "
    "seconds and how sure it is. srt: as subtitles, of one file. [txt]",
)
@click.pass_obj
def transcribe(place: Place, files: tuple[Path, ...], model: str | None, form: str | None) -> None:
    """Write down what was said.

    With FILEs: prints the words of sound files (WAV of any kind, FLAC, Ogg) and ends. Nothing is kept, nothing leaves
    this machine. The exit code is 1 if a file could not be done.

    Without: the station's transcriber. It writes down each story of the data folder while it is told, then those that
    were left undone, until it is stopped (Ctrl-C). 'sayso run' starts it by itself.
    """
    config = place.load()
    if files:
        if form == "srt" and len(files) > 1:
            raise UsageError("Subtitles are for one sound file at a time: give one FILE with --format srt.")
        choice = Choice(DataFolder(place.data.resolve()), config, model)
        sys.exit(0 if _transcribe_files(files, choice.require(choice.language), form or "txt") else 1)
    if form:
        raise UsageError("--format is for sound files: name one, as 'sayso transcribe --format srt talk.wav'.")
    folder = DataFolder.open(place.data)
    _run_transcriber(folder, Choice(folder, config, model), config.transcriber.nice)


def _run_transcriber(folder: DataFolder, choice: Choice, nice: int) -> None:
    from models.transcriber import Transcriber

    with folder.lock("transcriber"):
        # The recogniser inherits it: recording must never wait for transcribing.
        os.nice(nice)
        transcriber = Transcriber(folder, choice)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: transcriber.stop())
        model = choice.model(choice.language)
        with_what = f"with the speech model {model}" if model else "without a speech model for its language"
        click.echo(f"The transcriber works on {folder.root} {with_what}.", err=True)
        transcriber.run()


def _transcribe_files(files: Sequence[Path], model: Path, form: str) -> bool:
    """Print the words of each file, and return whether all went well.

    Raises:
        ModelError: The model cannot be used, so no file can be done.
    """
    process: RecogniserProcess | None = None
    all_well = True
    try:
        for number, path in enumerate(files):
            process = process or RecogniserProcess(model)
            try:
                words, seconds = _listen(path, process, number)
            except AudioError as error:
                click.echo(f"sayso: {error}", err=True)
                process.drop(number)
                all_well = False
            except RecogniserDied as death:
                click.echo(f"sayso: {path} could not be transcribed. {death} Try another speech model.", err=True)
                process.close()
                process, all_well = None, False
            else:
                click.echo(_printed(path, process.model, words, seconds, form, several=len(files) > 1))
    finally:
        if process:
            process.close()
    return all_well


def _listen(path: Path, process: RecogniserProcess, number: int) -> tuple[list[HeardWord], float]:
    """Return the words of a sound file and its seconds.

    Raises:
        AudioError: The file cannot be read.
        RecogniserDied: The recogniser stopped over it.
        ModelError: The model cannot be used.
    """
    from tqdm import tqdm

    from kiosk.stories.sound_files import SoundFile, pieces

    words: list[HeardWord] = []
    heard_s = 0.0
    with SoundFile(path) as sound:
        process.wait_ready()
        # disable=None: no bar where standard error is not a terminal.
        form = "{l_bar}{bar}| {n:.0f}/{total:.0f} s of sound [{elapsed}<{remaining}]"
        with tqdm(total=sound.seconds, desc=path.name, bar_format=form, leave=False, disable=None) as bar:
            for pcm in pieces(sound.pcm(), REQUEST_BYTES):
                words += process.accept(number, pcm)
                seconds = len(pcm) / FRAME_BYTES / SAMPLERATE_HZ
                heard_s += seconds
                bar.update(seconds)
        if heard_s:
            words += process.finish(number)
        if sound.cut_short:
            click.echo(
                f"sayso: {path} is cut short: its header promises more sound than there is. "
                f"The {sound.seconds:.1f} s that are there were transcribed; copy it again for the rest.",
                err=True,
            )
    return words, heard_s


def _printed(path: Path, model: str, words: list[HeardWord], seconds: float, form: str, *, several: bool) -> str:
    text = " ".join(word["word"] for word in words)
    if form == "json":
        content = {"file": str(path), "model": model, "seconds": round(seconds, 3), "text": text, "words": words}
        return json.dumps(content, ensure_ascii=False)
    if form == "srt":
        return subtitles(words)
    return f"==> {path} <==\n{text}\n" if several else text


def subtitles(words: list[HeardWord]) -> str:
    """Return SubRip subtitles: a new one after `CUE_WORDS` words or a pause of `CUE_PAUSE_S`."""
    import srt

    cues: list[list[HeardWord]] = []
    for word in words:
        if not cues or len(cues[-1]) == CUE_WORDS or word["start"] - cues[-1][-1]["end"] >= CUE_PAUSE_S:
            cues.append([])
        cues[-1].append(word)
    composed: str = srt.compose(
        srt.Subtitle(
            index=None,
            start=timedelta(seconds=cue[0]["start"]),
            end=timedelta(seconds=cue[-1]["end"]),
            content=" ".join(word["word"] for word in cue),
        )
        for cue in cues
    )
    return composed.rstrip("\n")
