"""The command `sayso`.

Each subcommand is loaded by name when it is asked for, so that `sayso admin` never loads the microphone's library and
no package imports another one upwards.
"""

import importlib
import os
import sys
import traceback
from pathlib import Path
from typing import Any

import click

from kiosk.config import Place
from kiosk.errors import SaysoError

#: Subcommand -> where it is found, and the line that `sayso --help` shows (kept here so that help loads nothing).
COMMANDS = {
    "run": ("kiosk.run:run", "Run the whole station on this machine: buttons, transcriber and site."),
    "demo": ("kiosk.demo:demo", "Show one visit, from the press of the button to the page with the words."),
    "kiosk": ("kiosk.commands:kiosk", "Run the buttons, lights, microphone and speaker."),
    "transcribe": ("models.cli:transcribe", "Write down what was said: in the station, or in any WAV file."),
    "models": ("models.models_cli:models", "List, get, choose and check speech models."),
    "admin": ("admin_web.cli:admin", "Serve the staff site."),
    "press": ("kiosk.commands:press", "Press a button of a station with simulated buttons."),
    "check": ("kiosk.check:check", "Check sound, buttons, questions, model, disk and clock, and how to mend them."),
    "prompts": ("kiosk.voice_cli:prompts", "List what the station says, and say it in your own voice."),
    "cards": ("kiosk.card_sheet:cards", "Write a PDF of cards with story numbers, to print and to cut."),
    "devices": ("kiosk.commands:devices", "List the microphones and speakers of this machine."),
    "backup": ("admin_web.archive.backup.cli:backup", "Copy everything to another disk, while the station runs."),
    "restore": ("admin_web.archive.backup.cli:restore", "Bring a backup back into an empty data folder."),
    "export": ("admin_web.archive.export.cli:export", "Write all stories to a zip or a folder, in open formats."),
    "stories": ("admin_web.archive.cli:stories", "Bring stories in, take one back, or write some down again."),
    "archive": ("admin_web.archive.cli:archive", "Check the archive, tidy it, or make it anew from the story folders."),
    "settings": ("kiosk.commands:settings", "Print every setting with its meaning and default."),
}


class LazyGroup(click.Group):
    """A group that imports a subcommand only to run it or to show its own help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a subcommand, and give it the options that every one has."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name][0].split(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)  # noqa: S101 - a mistake of ours, not of the person
        _add_place_options(command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show each subcommand with its line, importing none."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


def _add_place_options(command: click.Command) -> None:
    """Let a command, and each command of a group, take --data and --config."""
    if not any(param.name == "data" for param in command.params):
        command.params += _place_options()
    if isinstance(command, click.Group):
        for each in command.commands.values():
            _add_place_options(each)


def _place_options() -> list[click.Parameter]:
    def remember(ctx: click.Context, param: click.Parameter, value: Path | None) -> None:
        if value is not None:
            place = ctx.find_root().obj
            setattr(place, "data" if param.name == "data" else "config_file", value)

    path = click.Path(path_type=Path)
    shared: dict[str, Any] = {"type": path, "expose_value": False, "callback": remember}
    return [
        click.Option(
            ["--data"],
            metavar="DIR",
            help="Folder of everything this station keeps. [SAYSO_DATA, ./sayso-data]",
            **shared,
        ),
        click.Option(
            ["--config"], metavar="FILE", help="Settings file; 'sayso settings' prints one. [SAYSO_CONFIG]", **shared
        ),
    ]


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="sayso", message="sayso %(version)s")
def sayso() -> None:
    """Visitors press a button and tell, in their own voice, what services are like for them.

    Start with 'sayso run'. Every command takes --data and --config; 'sayso COMMAND --help' tells more.
    """


# The group itself takes them too: `sayso --data DIR run` and `sayso run --data DIR` mean the same.
sayso.params += _place_options()


def main() -> None:
    """Run the command line; every error that a person can mend ends as one message, without a traceback."""
    try:
        sayso.main(standalone_mode=False, obj=Place())
    except SaysoError as error:
        click.echo(f"sayso: {error}", err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output has gone (`sayso devices | head`): nothing is wrong, and nothing more can be said.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except Exception:
        # A mistake of ours: said in full, and told apart from a refusal, so that whoever supervises starts us again.
        traceback.print_exc()
        sys.exit(os.EX_SOFTWARE)


if __name__ == "__main__":
    main()
