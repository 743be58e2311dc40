"""`sayso prompts`: which voice says what, and how to say it in one's own."""

import threading
from pathlib import Path

import click

from kiosk.config import Config, Place
from kiosk.devices import Microphone, Speaker
from kiosk.devices.listening import listen
from kiosk.errors import MicrophoneError, PromptUnknown, RecordingUnfit, SpeakerError
from kiosk.prompts import Prompts, prompts_for
from kiosk.stories.editions import Editions
from kiosk.stories.folder import DataFolder
from kiosk.stories.own_voice import LONGEST_S, keep, made_ready, sound_file

#: Nobody hears it as a prompt.
_NOT_A_PROMPT = "sample_story"


@click.group()
def prompts() -> None:
    """List what the station says, and say it in your own voice.

    A recording is used only as long as the prompt's words are those that were recorded.
    """


@prompts.command("list")
@click.pass_obj
def list_prompts(place: Place) -> None:
    """Show every prompt: its name, whose voice says it, and its words."""
    known = _known(place)
    for name, text in known.texts.items():
        if name != _NOT_A_PROMPT:
            click.echo(f"{name:<16} {_voice(known, name):<10} {text}")
    for fault in known.edition.faults:
        click.echo(f"{fault.message} {fault.fix}", err=True)


@prompts.command()
@click.argument("name")
@click.pass_obj
def play(place: Place, name: str) -> None:
    """Play the prompt NAME as visitors hear it."""
    known = _known(place)
    _text(known, name)
    wav = known.find(name)
    if wav is None:
        raise SpeakerError(known.fault or f"The prompt '{name}' cannot be played.")
    _play(_speaker(place.load()), wav)


@prompts.command()
@click.argument("name")
@click.pass_obj
def remove(place: Place, name: str) -> None:
    """Remove the recording of the prompt NAME: the station's own voice says it again."""
    known = _known(place)
    _text(known, name)
    path = known.folder.programme / f"{name}.wav"
    if not path.exists():
        raise PromptUnknown(f"There is no recording of '{name}'; the station's own voice says it already.")
    path.unlink()
    click.echo(f"Removed. From the next visit on the station itself says: {known.texts[name]}")


@prompts.command()
@click.argument("name")
@click.pass_obj
def record(place: Place, name: str) -> None:
    """Say the prompt NAME in your own voice, hear it, and keep it or try again.

    'sayso prompts list' shows the names. The station may run meanwhile; nobody should be telling a story.
    """
    known, config = _known(place), place.load()
    text = _text(known, name)
    from kiosk.devices.microphone import PortAudioMicrophone

    microphone = PortAudioMicrophone(config.microphone.name, lost_after_s=config.microphone.lost_after_s)
    speaker = _speaker(config)
    try:
        pcm = _until_content(text, microphone, speaker, known.folder.cache / "own-voice.wav")
    finally:
        microphone.close()
        speaker.close()
    if pcm is None:
        click.echo("Nothing was kept.")
    else:
        click.echo(f"Kept: {keep(known.folder, name, text, pcm)}. Visitors hear it from the next visit on.")


def _until_content(text: str, microphone: Microphone, speaker: Speaker, aside: Path) -> bytes | None:
    """Record until somebody is content; None if they give up. Nothing of what was tried stays."""
    try:
        while True:
            click.echo(f"\nSay: {click.style(text, bold=True)}")
            if click.prompt("Enter begins, q gives up", default="", show_default=False) == "q":
                return None
            try:
                pcm = made_ready(_listen(microphone))
            except RecordingUnfit as unfit:
                click.echo(str(unfit))
                continue
            aside.write_bytes(sound_file(pcm))
            answer = "h"
            while answer == "h":
                _play(speaker, aside)
                answer = click.prompt(
                    "k keeps it, a tries again, h plays it again, q gives up", type=click.Choice(["k", "a", "h", "q"]),
                    show_choices=False,
                )  # fmt: skip
            if answer in ("k", "q"):
                return pcm if answer == "k" else None
    finally:
        aside.unlink(missing_ok=True)


def _listen(microphone: Microphone) -> bytes:
    """Record in a thread until Enter is pressed."""
    enough, heard, failed = threading.Event(), list[bytes](), list[MicrophoneError]()

    def work() -> None:
        try:
            heard.append(listen(microphone, enough, LONGEST_S))
        except MicrophoneError as error:
            failed.append(error)

    listening = threading.Thread(target=work, daemon=True)
    listening.start()
    try:
        click.prompt(f"Speak now. Enter ends ({LONGEST_S:.0f} s at most)", default="", show_default=False)
    finally:
        enough.set()
        listening.join()
    if failed:
        raise failed[0]
    return heard[0]


def _play(speaker: Speaker, wav: Path) -> None:
    heard = threading.Event()
    speaker.play(wav, heard.set)
    heard.wait()
    if speaker.fault:
        click.echo(f"It cannot be played: {speaker.fault}")


def _speaker(config: Config) -> Speaker:
    from kiosk.devices.speaker import PortAudioSpeaker

    return PortAudioSpeaker(config.speaker.name, wake_s=config.speaker.wake_s)


def _known(place: Place) -> Prompts:
    """Return the prompts as the station on this place has them now."""
    config, folder = place.load(), DataFolder.open(place.data)
    known = prompts_for(config, folder)
    edition = Editions(folder, known.fixed, keeps=False).look()
    if edition:
        known.take_up(edition)
    return known


def _voice(known: Prompts, name: str) -> str:
    if name in known.edition.recordings:
        return "own"
    return "outdated" if name in known.edition.outdated else "synthetic"


def _text(known: Prompts, name: str) -> str:
    if name not in known.texts or name == _NOT_A_PROMPT:
        raise PromptUnknown(f"There is no prompt '{name}'. 'sayso prompts list' shows those there are.")
    return known.texts[name]
