"""Stories that cannot be read: they may be in the middle of being copied, or somebody may mend them."""

import time

from kiosk.stories.story_folder import StoryFolder

#: They are looked at again this often.
_AGAIN_S = 2.0


class Damaged:
    """The damaged stories, as they were found. Nothing is written into their folders.

    Attributes:
        why: Id of each, and why it cannot be read, in a sentence for staff.
    """

    def __init__(self) -> None:
        self.why: dict[str, str] = {}
        self._found_as: dict[str, tuple[StoryFolder, object]] = {}
        self._looked_at = time.monotonic()

    def note(self, story: StoryFolder, why: str) -> None:
        """Note one, as it is now."""
        self.why[story.id] = why
        self._found_as[story.id] = story, _state_of(story)

    def forget(self, story_id: str) -> None:
        """Forget one, if it is among them."""
        self.why.pop(story_id, None)
        self._found_as.pop(story_id, None)

    def changed(self) -> list[str]:
        """Return the ids of those that changed since they were found, and forget them."""
        now = time.monotonic()
        if not self.why or now - self._looked_at < _AGAIN_S:
            return []
        self._looked_at = now
        changed = [story_id for story_id, (story, state) in self._found_as.items() if _state_of(story) != state]
        for story_id in changed:
            self.forget(story_id)
        return changed


def _state_of(story: StoryFolder) -> list[tuple[int, int] | None]:
    """Return what changes when somebody mends a story: times and sizes of the folder and its two files."""
    state: list[tuple[int, int] | None] = []
    for path in (story.path, story.path / "story.json", story.audio):
        try:
            stat = path.stat()
        except OSError:
            state.append(None)
        else:
            state.append((stat.st_mtime_ns, stat.st_size))
    return state
