"""Story numbers: a picture word and a number, as "cat 27", the same as on a printed card.

With its card a visitor can take a story back, without a name. A number is never given twice while the first story that
has it is here. The numbers go round, so that one which has just become free rests for as long as the others last.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kiosk.errors import StoryDamaged
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Story, number_on, parse_record
from kiosk.stories.story_folder import StoryFolder


def name_of(number: int, pictures: Mapping[str, str]) -> str:
    """Return what card `number` says: the same picture for the same number, at every station."""
    words = list(pictures.values())
    return f"{words[(number - 1) % len(words)]} {number}"


def drawing_of(name: str, pictures: Mapping[str, str]) -> str:
    """Return the drawing on the card `name`; empty if there is none of that name."""
    word = name.rpartition(" ")[0]
    return next((drawing for drawing, each in pictures.items() if each == word), "")


@dataclass
class Cards:
    """Gives stories their numbers.

    Attributes:
        folder: Where the stories are.
        pictures: Drawing -> word.
        first: The lowest number.
        last: The highest; above it only when all below are in use.
    """

    folder: DataFolder
    pictures: Mapping[str, str]
    first: int = 1
    last: int = 500
    _numbers: dict[str, int | None] = field(default_factory=dict)
    _given: int | None = None

    def draw(self) -> str:
        """Return the next number that no story here has.

        Raises:
            OSError: The stories cannot be listed.
        """
        taken = self._taken()
        if self._given is None:
            # After a start: go on after the newest story's number.
            newest = max((story_id for story_id, number in self._numbers.items() if number), key=_sequence, default="")
            self._given = self._numbers.get(newest)
        after = self._given if self._given and self.first <= self._given <= self.last else self.first - 1
        around = [*range(after + 1, self.last + 1), *range(self.first, after + 1)]
        # All in use: never the same number twice is the promise, a printed card for each only the plan.
        number = next((each for each in around if each not in taken), max([*taken, self.last]) + 1)
        self._given = number
        return name_of(number, self.pictures)

    def _taken(self) -> set[int]:
        """Return the numbers of all stories; each story's record is read once."""
        here = {folder.id: folder for folder in self.folder.story_folders()}
        self._numbers = {story_id: number for story_id, number in self._numbers.items() if story_id in here}
        for story_id, folder in here.items():
            if story_id not in self._numbers:
                self._numbers[story_id] = _number_of(folder)
        return {number for number in self._numbers.values() if number}


def _number_of(folder: StoryFolder) -> int | None:
    try:
        # Its record alone: a story whose sound is damaged has its number all the same.
        content = (folder.path / "story.json").read_bytes()
        return number_on(parse_record(Story, content, folder.id).card)
    except (OSError, StoryDamaged):
        return None


def _sequence(story_id: str) -> int:
    return int(story_id.rsplit("-", 2)[1])
