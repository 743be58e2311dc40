"""`sayso check`: looks at everything a station needs and says in plain words how to mend what is wrong."""

import importlib
import subprocess
import threading
from collections.abc import Callable

import click

from kiosk.config import Place
from kiosk.devices.listening import listen
from kiosk.errors import MicrophoneError, ProgrammeBroken, SaysoError, SpeakerError
from kiosk.prompts import prompts_for
from kiosk.stories.clock import clock_quality
from kiosk.stories.editions import Edition, Editions
from kiosk.stories.folder import DataFolder
from kiosk.stories.loudness import MUTED_DBFS, QUIET_DBFS, peak_dbfs
from kiosk.stories.room import hours_of_room, require_room
from kiosk.stories.status import read_status

#: How long the microphone is listened to. Nothing of it is kept.
_LISTEN_S = 2.0


@click.command()
@click.option("--silent", is_flag=True, help="Play no test tone.")
@click.pass_obj
def check(place: Place, silent: bool) -> None:
    """Check sound, buttons, what is asked, speech model, disk and clock.

    Speak while it listens: it shows how loud you are. Nothing of what it hears is kept. Ends with 0 if all is well, 1
    if something must be mended.
    """
    place.load()
    wrong = 0
    for name, look in _looks(silent):
        try:
            message = look(place)
            click.echo(f"{click.style('ok  ', fg='green')}  {name:<12}{message}")
        except SaysoError as error:
            wrong += 1
            click.echo(f"{click.style('MEND', fg='red', bold=True)}  {name:<12}{error}")
    click.echo("All is well." if not wrong else f"{wrong} thing(s) to mend.")
    raise SystemExit(1 if wrong else 0)


def _looks(silent: bool) -> list[tuple[str, Callable[[Place], str]]]:
    return [
        ("data folder", _look_at_folder),
        ("disk", _look_at_disk),
        ("microphone", _listen),
        ("speaker", _find_speaker if silent else _play),
        ("voice", _look_at_voice),
        ("programme", _look_at_programme),
        ("buttons", _look_at_buttons),
        # Named, not imported: the kiosk knows no other package.
        ("model", lambda place: str(importlib.import_module("models.checks").look_at_model(place))),
        ("clock", _look_at_clock),
    ]


def _look_at_folder(place: Place) -> str:
    return f"{DataFolder.open(place.data).root} can be written."


def _look_at_disk(place: Place) -> str:
    config, folder = place.load(), DataFolder.open(place.data)
    require_room(folder, config.conversation.longest_story_s, config.disk.reserve_mb * 1e6)
    return f"There is room for {hours_of_room(folder, config.disk.reserve_mb * 1e6):,.0f} hours of stories."


def _listen(place: Place) -> str:
    from kiosk.devices.microphone import PortAudioMicrophone

    status = read_status(DataFolder.open(place.data), "kiosk")
    if status and status["take"]:
        return "In use: somebody is telling a story. Try again later."
    settings = place.load().microphone
    if settings.kind == "sample":
        return "A made-up voice tells the stories; the settings say so."
    microphone = PortAudioMicrophone(settings.name, lost_after_s=settings.lost_after_s)
    click.echo(f"      listening for {_LISTEN_S:.0f} seconds: please say something ...", err=True)
    try:
        if fault := microphone.check():
            raise MicrophoneError(fault)
        pcm = listen(microphone, threading.Event(), _LISTEN_S)
        name = microphone.name
    finally:
        microphone.close()
    peak = peak_dbfs(pcm)
    if peak < MUTED_DBFS:
        raise MicrophoneError(f"{name} gives only silence. Is it muted, or its cable loose? Try 'alsamixer'.")
    loudness = "loud enough for speech" if peak > QUIET_DBFS else "quiet; come nearer or turn it up"
    return f"{name}: loudest {-peak:.0f} dB below full, {loudness}."


def _find_speaker(place: Place) -> str:
    from kiosk.devices.speaker import PortAudioSpeaker

    settings = place.load().speaker
    if settings.kind == "none":
        return "None; the settings say so."
    speaker = PortAudioSpeaker(settings.name, wake_s=settings.wake_s)
    try:
        if fault := speaker.check():
            raise SpeakerError(fault)
    finally:
        speaker.close()
    return "There is one."


def _play(place: Place) -> str:
    from kiosk.devices.speaker import PortAudioSpeaker
    from kiosk.flow import TONE
    from kiosk.prompts import Prompts

    config = place.load()
    if config.speaker.kind == "none":
        return "None; the settings say so."
    tone = Prompts(DataFolder.open(place.data), {}, config.voice).find(TONE)
    assert tone is not None  # noqa: S101 - made, not spoken
    speaker, heard = PortAudioSpeaker(config.speaker.name, wake_s=config.speaker.wake_s), threading.Event()
    try:
        speaker.play(tone, heard.set)
        heard.wait()
        if speaker.fault:
            raise SpeakerError(speaker.fault)
    finally:
        speaker.close()
    return "A soft tone was played. If you did not hear it, turn the speaker up."


def _look_at_voice(place: Place) -> str:
    voice = place.load().voice.name
    speak = ["espeak-ng", "-v", voice, "-q", "hello"]
    try:
        subprocess.run(speak, check=True, capture_output=True, timeout=30)
    except FileNotFoundError as error:
        raise SpeakerError("espeak-ng is not installed: sudo apt install espeak-ng") from error
    except subprocess.SubprocessError as error:
        raise SpeakerError(f"espeak-ng has no voice '{voice}'. 'espeak-ng --voices' lists them.") from error
    return f"espeak-ng speaks as '{voice}'."


def _look_at_programme(place: Place) -> str:
    folder = DataFolder.open(place.data)
    edition = Editions(folder, prompts_for(place.load(), folder).fixed, keeps=False).look() or Edition()
    if edition.faults:
        raise ProgrammeBroken(" ".join(f"{fault.message} {fault.fix}" for fault in edition.faults))
    if not edition.programme.asking:
        return "The station rests: it asks nothing, because the programme says so."
    questions = len(edition.programme.questions) or 1
    return f"Questions: {questions}. Prompts in people's own voices: {len(edition.recordings)}."


def _look_at_buttons(place: Place) -> str:
    from kiosk.devices.panel import open_panel

    if status := read_status(DataFolder.open(place.data), "kiosk"):
        return f"In use by the running station; they are {status['buttons']}."
    panel = open_panel(place.load().panel)
    panel.close()
    return "Simulated: 'sayso press green' presses one." if panel.simulated else "The pins can be reached."


def _look_at_clock(place: Place) -> str:
    match clock_quality(DataFolder(place.data)):
        case "ntp":
            return "Set by the network."
        case "rtc":
            return "Kept by a battery; now and then compare it with your watch."
        case "staff":
            return "Confirmed by staff since this machine started."
        case _:
            return "Not certain. Stories keep their order all the same; connect a network, or say on the "
            "site that the date is right."
