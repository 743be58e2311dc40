"""The kiosk's own subcommands."""

import logging
import os
import signal
import threading
import traceback

import click

from kiosk import config as config_module
from kiosk.config import Place
from kiosk.errors import MicrophoneError
from kiosk.stories.folder import DataFolder


@click.command()
@click.option("--sample-story", is_flag=True, help="Let a made-up voice tell a story in place of the microphone.")
@click.option("--explain", is_flag=True, help="Run nothing; print the conversation in plain words and as a diagram.")
@click.pass_obj
def kiosk(place: Place, sample_story: bool, explain: bool) -> None:
    """Run the station itself: buttons, lights, microphone and speaker.

    Visitors' stories go to the data folder. End it with Ctrl-C: a story that is being told is kept.
    """
    if explain:
        from kiosk.explain import page

        click.echo(page(), nl=False)
        return
    from kiosk.board import Board, BoardSocket
    from kiosk.devices.choice import open_devices
    from kiosk.prompts import prompts_for
    from kiosk.station import Station

    logging.basicConfig(format="kiosk: %(message)s", level=logging.INFO)
    config = place.load()
    folder = DataFolder.open(place.data)
    with folder.lock("kiosk"):
        prompts = prompts_for(config, folder)
        with open_devices(config, prompts, sample=sample_story) as devices:
            board = Board()
            station = Station(
                config,
                folder,
                panel=devices.panel,
                microphone=devices.microphone,
                speaker=devices.speaker,
                prompts=prompts,
                board=board,
            )
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: station.stop())
            threading.excepthook = _end_for_a_mistake
            threading.Thread(target=prompts.prepare, name="prompts", daemon=True).start()
            answering = BoardSocket(
                folder, board, press=devices.panel.press, progress=station.progress, test_sound=station.test_sound
            )
            try:
                station.run()
            finally:
                answering.close()


def _end_for_a_mistake(mistake: threading.ExceptHookArgs) -> None:
    """End the kiosk when one of its threads does: half a station would keep a visitor waiting for ever.

    Whoever supervises starts it again, and what was being told is kept, not agreed.
    """
    traceback.print_exception(mistake.exc_type, mistake.exc_value, mistake.exc_traceback)
    os._exit(os.EX_SOFTWARE)


@click.command()
@click.argument("button", type=click.Choice(["green", "red", "blue"]))
@click.pass_obj
def press(place: Place, button: str) -> None:
    """Press the GREEN, RED or BLUE button of a station with simulated buttons.

    GREEN talks and says yes; RED stops and says no; BLUE asks what has changed.
    """
    from kiosk.shown import live

    live.press(DataFolder.open(place.data), button)


@click.command()
def devices() -> None:
    """List the microphones and speakers of this machine, as the settings name them.

    Put a part of a name under [microphone] or [speaker] in the settings file to choose one.
    """
    from kiosk.devices.listing import list_devices

    found = list_devices()
    if not found:
        raise MicrophoneError("No microphone or speaker was found. Plug one in and try again.")
    for line in found:
        click.echo(line)


@click.command()
def settings() -> None:
    """Print every setting with its meaning, limits and default.

    'sayso settings > sayso.toml' makes a file to change; then add '--config sayso.toml' to any command.
    """
    click.echo(config_module.as_toml(), nl=False)
