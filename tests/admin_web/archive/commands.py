"""Runs a command as a person does, in this process."""

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from kiosk.cli import main


@dataclass(frozen=True)
class Ended:
    """What a command did: its exit code, and what it said."""

    code: int
    out: str
    errors: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


@dataclass(frozen=True)
class Terminal:
    """Where commands are typed; without a keyboard, so that a question ends them, unless `answer` is given."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *words: str | Path, answer: str = "") -> Ended:
        self.capsys.readouterr()
        self.monkeypatch.setattr(sys, "argv", ["sayso", *map(str, words)])
        self.monkeypatch.setattr("click.termui.visible_prompt_func", lambda prompt="": _answered(prompt, answer))
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
        said = self.capsys.readouterr()
        assert "Traceback" not in said.err, said.err
        return Ended(code, said.out, said.err)


def _answered(prompt: str, answer: str) -> str:
    print(prompt)
    if not answer:
        raise EOFError
    return answer
