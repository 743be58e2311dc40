"""The README of an export: what each file is, for whoever opens it in ten years."""

from collections.abc import Iterable
from datetime import datetime

from admin_web.archive.export.parts import What

_BEGINNING = """\
{title}
Made by Sayso on {made_at:%-d %B %Y} at {made_at:%H:%M} UTC.

{warning}

The files
---------
{files}
manifest.json   every other file with its size and its SHA-256, and who made this, when and why.

The forms
---------
.jsonl  JSON lines: one record on each line, UTF-8.
.csv    a table for any spreadsheet, UTF-8. A ' before =, +, - or @ keeps a cell from being taken for a formula.
.wav    sound: 16 kHz, mono, 16 bits.
Times of words are seconds from the beginning of the recording. Dates are ISO 8601.

The stories went on being told while this was made: files may differ by what changed in between. A story that is taken
back later has to be deleted here too; its id says which it is.
"""

_EVERYTHING = """\
stories.jsonl   each story: when, where and how it was told, what its teller allowed, and how far people are with it.
stories.csv     the same with the words, as a table.
texts.jsonl     the words as they are now, each with its time. "draft": a computer wrote it, and nobody checked it.
people.jsonl    who has an account, without passwords.
{tables}
programme/      what the station asks and says, with recordings.
stories/        a folder for each story: audio.wav and story.json as the station kept them, transcript.json as the
                computer wrote it down, transcript-1-….json as it did so again with another speech model, checked.json
                as a person put it right, restrictions.json what was decided on its use since. 'sayso stories import'
                takes them in."""

#: What the other tables of the archive hold.
_TABLES = {
    "versions": "what the words were before.",
    "flags": "worries about somebody's safety.",
    "quotes": "quotes from the stories.",
    "permission_changes": "what tellers said about the use of their story after it was kept.",
    "exports": "what was handed out before, of which stories.",
    "tags": "the topics that stories are marked with.",
    "clock": "the last time that was trusted.",
    "redactions": "what was taken out of words and sound.",
    "listening": "which parts of each recording were played.",
    "log": "who did what, when; each line with a hash that covers the line before.",
    "tombstones": "numbers of stories that are gone for good.",
}

_SHARED = """\
stories.jsonl   each story: the month, the language, what was asked, its tags, the words, and each word with its time.
stories.csv     the same without the times, as a table.
sound/          recordings of those who also allowed their voice to be heard. A tone stands for what was taken out."""

_SHARED_WARNING = """\
These are stories whose tellers said that others may read them. A person checked the words, and took out of them what
others must not know. They are still somebody's own words: give them only to those they were meant for."""

_EVERYTHING_WARNING = """\
KEEP THIS SAFE. It holds everything: all recordings as they were told, names, worries about safety, and stories whose
tellers said that nobody else may have them. It is for moving to another place or program, and for nobody to read."""


def readme(what: What, made_at: datetime, tables: Iterable[str]) -> str:
    """Return its text; `tables` are those that have a file of their own name."""
    everything = what == "everything"
    title = "Everything that this Sayso holds" if everything else "Stories that may be shared"
    names = {f"{name}.jsonl": _TABLES.get(name, "what Sayso keeps by this name.") for name in tables}
    told = "\n".join(f"{name:<15} {holds}" for name, holds in names.items())
    return _BEGINNING.format(
        title=f"{title}\n{'=' * len(title)}",
        made_at=made_at,
        warning=_EVERYTHING_WARNING if everything else _SHARED_WARNING,
        files=_EVERYTHING.format(tables=told) if everything else _SHARED,
    )
