"""What of a story may go to others than staff, by what its teller has said and how far people are with it."""

from admin_web.archive.records.stories import StoryEntry


def why_not_words(entry: StoryEntry) -> str:
    """Return why a story's words may not go to others, to follow "because"; empty if they may."""
    reasons = (
        (entry.closed_because, entry.closed_because),
        (entry.permissions.words is not True, "its teller did not say that we may use the words"),
        (entry.state != "checked", "nobody has checked its words as they are now"),
    )
    return next((reason for applies, reason in reasons if applies), "")


def why_not_voice(entry: StoryEntry) -> str:
    """Return why its recording may not go to others: where its words may not, neither may that."""
    no_voice = entry.permissions.voice is not True
    return why_not_words(entry) or ("its teller did not say that we may use the voice" if no_voice else "")
