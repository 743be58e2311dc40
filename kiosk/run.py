"""`sayso run`: the three processes together, for a laptop or a first look."""

import signal
import time
import wave
from pathlib import Path
from typing import Any

import click

from kiosk.config import Config, Place
from kiosk.crew import Crew
from kiosk.devices.panel import on_a_pi
from kiosk.prompts import Prompts
from kiosk.shown.texts import load_texts
from kiosk.stories.folder import DataFolder
from kiosk.stories.status import read_status
from kiosk.visit import SampleVisit, VisitFailed

#: Longer than the moment before the tone, which is in the recording too, and some silence after the last word.
AFTER_STORY_S = 3.0


@click.command()
@click.option("--no-visit", is_flag=True, help="Do not tell a sample story, also not the first time.")
@click.pass_obj
def run(place: Place, no_visit: bool) -> None:
    """Run the whole station: buttons, transcriber and site together, until Ctrl-C.

    On a Raspberry Pi it uses the real buttons. Elsewhere 'sayso press green' presses; the first time, a made-up voice
    tells a story so that you see the whole way.
    """
    config = place.load()
    folder = DataFolder.open(place.data)
    stop_on_signals()
    crew = Crew(place)
    simulated = config.panel.kind == "simulated" or (config.panel.kind == "auto" and not on_a_pi())
    first_time = not folder.story_folders()
    try:
        crew.start("transcribe")
        crew.start("admin")
        _wait_for("transcriber", "transcribe", folder, crew)
        site = _wait_for("admin", "admin", folder, crew)
        if simulated and first_time and not no_visit:
            crew.start("kiosk", "--sample-story")
            try:
                show_visit(config, folder, crew)
            except VisitFailed as error:
                click.echo(f"sayso: {error}", err=True)
            crew.stop("kiosk")
        crew.start("kiosk")
        _wait_for("kiosk", "kiosk", folder, crew)
        _explain(folder, str(site["address"]), simulated=simulated)
        crew.wait_for(lambda: False)
    except KeyboardInterrupt:
        click.echo("\nStopping.")
    finally:
        crew.stop_all()


def show_visit(config: Config, folder: DataFolder, crew: Crew) -> str:
    """Let the made-up voice tell the sample story, print what happens, and return the story's id.

    Raises:
        VisitFailed: The station did not follow.
    """
    prompts = Prompts(folder, load_texts(config.station.language), config.voice)
    try:
        with wave.open(str(prompts.sample_story()), "rb") as sound:
            story_s = sound.getnframes() / sound.getframerate()
    except OSError as error:
        raise VisitFailed(str(error)) from error
    visit = SampleVisit(folder, lambda line: click.echo(f"  * {line}"), crew.look_after)
    click.echo("\nA first visit, told by a made-up voice:")
    story = visit.tell(story_s + AFTER_STORY_S)
    kept_at = time.monotonic()
    transcript = visit.transcript(story)
    click.echo(f"  * Written down by the speech model '{transcript.model}', {time.monotonic() - kept_at:.1f} s later:")
    click.echo(f"\n    said   {prompts.texts['sample_story']}")
    click.echo(f"    heard  {transcript.text}\n")
    return story.id


def _wait_for(who: str, command: str, folder: DataFolder, crew: Crew) -> dict[str, Any]:
    """Return what a process that was just started says of itself, once it says something."""

    def its_own() -> dict[str, Any] | None:
        status = read_status(folder, who)
        return status if status and status["pid"] == crew.members[command].process.pid else None

    return crew.wait_for(its_own)


def _explain(folder: DataFolder, address: str, *, simulated: bool) -> None:
    """Say how to go on."""
    click.echo(f"The station is running. Stories are kept in {folder.root}")
    click.echo(f"Read and hear them at {address} (how to sign in is said above).")
    on_it = " Its buttons can be pressed there." if simulated else ""
    click.echo(f"The station's screen, for a display beside it: {address}/screen{on_it}")
    if simulated:
        click.echo(f"Press a button from another terminal: {_sayso()} press green --data {folder.root}")
    else:
        click.echo("Press the green button to tell a story.")
    click.echo("Ctrl-C ends it.")


def _sayso() -> str:
    """Return how the person can call this command from where they stand."""
    local = Path(".venv/bin/sayso")
    return str(local) if local.exists() else "sayso"


def stop_on_signals() -> None:
    """Let SIGTERM (systemd, kill) end the command as Ctrl-C does, also where a script started it with '&'."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
