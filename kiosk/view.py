"""What can be seen of a station besides its lights: the scene on a screen, and the status that staff see."""

from dataclasses import replace

from kiosk.board import Board
from kiosk.config import Config
from kiosk.conversation import Visit
from kiosk.devices import Lights, Microphone, Panel
from kiosk.faults import Faults
from kiosk.flow import TELLING
from kiosk.lamps import Lamps
from kiosk.prompts import Prompts
from kiosk.rules import Rules
from kiosk.screen import artist_for
from kiosk.stories.folder import DataFolder
from kiosk.stories.status import StatusFile
from kiosk.stories.wav import SAMPLERATE_HZ
from kiosk.telling import Telling


class View:
    """Shows each scene on the board, and writes `status/kiosk.json`."""

    def __init__(
        self,
        config: Config,
        folder: DataFolder,
        *,
        panel: Panel,
        microphone: Microphone,
        prompts: Prompts,
        lamps: Lamps,
        faults: Faults,
        telling: Telling,
        board: Board,
    ) -> None:
        self._panel, self._microphone, self._prompts = panel, microphone, prompts
        self._lamps, self._faults, self._telling, self._board = lamps, faults, telling, board
        self._artist = artist_for(config, prompts.texts, pressable=panel.pressable)
        self._status = StatusFile(folder, "kiosk")

    def draw(self, visit: Visit, rules: Rules, saying: str = "", words: str = "") -> None:
        """Let the screen show the scene.

        Args:
            visit: Where the conversation stands.
            rules: How it is held.
            saying: The prompt that is being said; empty: none.
            words: Its words, where they are of the programme.
        """
        question = self._prompts.questions[visit.question]
        answer = question.choices[visit.answer].text if question.choices else ""
        # The texts are those of the programme in force, which changes between visits.
        artist = replace(self._artist, texts=self._prompts.texts)
        self._board.show(
            artist.scene(
                visit,
                rules,
                self._lamps.shown,
                saying=saying,
                words=words,
                question=question.text,
                answer=answer,
                card=(self._telling.card, self._telling.card_picture),
            )
        )

    def write_status(self, visit: Visit, lights: Lights) -> None:
        """Tell the other processes how the station stands; costs nothing while that is the same and was told lately."""
        telling = self._telling
        self._status.show(
            state=str(visit.state),
            scene=visit.number,
            offer=str(visit.offered.button) if visit.offered else None,
            lights={"green": str(lights.green), "red": str(lights.red)},
            take=telling.take.take.id if telling.take else None,
            seconds=telling.frames // SAMPLERATE_HZ if visit.state in TELLING else None,
            microphone=self._microphone.name,
            buttons="simulated" if self._panel.simulated else "real",
            last_story=telling.last_story,
            faults=self._faults.as_list(),
        )

    def close(self) -> None:
        """Tell that the station has stopped."""
        self._status.show(state="stopped", faults=[])
