"""The list of stories, and each story with its sound and its words."""

from datetime import UTC, datetime

from flask import Blueprint, abort, render_template, request, send_file
from werkzeug.datastructures import Range
from werkzeug.wrappers import Response

from admin_web import sessions, station_state
from admin_web.archive import Filter, StoryEntry
from admin_web.passages import passage_of
from admin_web.rights import STAFF, open_to
from admin_web.site import current_site
from admin_web.wording import clock, hours, length, when
from kiosk.errors import StoryDamaged
from kiosk.stories.folder import StoryFolder
from kiosk.stories.records import Story

stories = Blueprint("stories", __name__)

PER_PAGE = 25
#: Why a recording may stop short, for endings that are not the visitor's own press.
_ENDINGS = {
    "time": "The longest time was up before the story ended.",
    "microphone": "The microphone failed, so the end may be missing.",
    "disk": "The disk was full, so the end may be missing.",
    "station": "The station stopped during this story, so the end may be missing.",
}


@stories.app_template_filter("when")
def _when(moment: datetime) -> str:
    told = _when_in_line(moment)
    return told[0].upper() + told[1:]


@stories.app_template_test("past")
def _past(moment: datetime) -> bool:
    return moment <= datetime.now(UTC)


@stories.app_template_filter("when_in_line")
def _when_in_line(moment: datetime) -> str:
    return when(moment, datetime.now().astimezone())


stories.add_app_template_filter(length, "length_in_words")
stories.add_app_template_filter(clock, "clock")
stories.add_app_template_filter(hours, "hours_in_words")


@stories.get("/")
@open_to(STAFF)
def listing() -> str:
    """List stories, newest first: those that this person may see."""
    site, wanted = current_site(), Filter(lead=_leads())
    # Not a number, or beyond the last: there is no such page.
    text = request.args.get("page", "1")
    page = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    count = site.archive.stories.count(wanted)
    pages = max(1, -(-count // PER_PAGE))
    if not 1 <= page <= pages:
        abort(404)
    return render_template(
        "stories.html",
        entries=site.archive.stories.page(page, PER_PAGE, wanted),
        count=count,
        page=page,
        pages=pages,
        parts=station_state.parts(site.folder),
        needing=site.intake.needing_a_look(),
    )


@stories.get("/stories/<story_id>")
@open_to(STAFF)
def story(story_id: str) -> str:
    """Show one story."""
    entry, folder = find_story(story_id)
    text = current_site().archive.texts.get(story_id)
    told: Story | None = None
    trouble = ""
    try:
        told = folder.story()
    except StoryDamaged as error:
        trouble = _plain(error)
    return render_template(
        "story.html",
        entry=entry,
        trouble=trouble,
        has_audio=folder.audio.is_file(),
        ending=_ENDINGS.get(told.ending, "") if told else "",
        overflows=told.overflows if told else 0,
        uploaded=told.uploaded if told else None,
        brought_by=name_of(told.uploaded.by) if told and told.uploaded else "",
        passage=passage_of(folder, text),
        who=name_of(text.by if text else ""),
        listened=current_site().archive.listening.of(entry),
        has_versions=current_site().archive.texts.has_versions(story_id),
    )


@stories.get("/stories/<story_id>/words")
@open_to(STAFF)
def words(story_id: str) -> str:
    """Return the part of a story's page that holds the words; the page asks for it while they are still to come."""
    entry, folder = find_story(story_id)
    text = current_site().archive.texts.get(story_id)
    who = name_of(text.by if text else "")
    return render_template("_words.html", entry=entry, passage=passage_of(folder, text), who=who)


@stories.get("/stories/<story_id>/audio")
@open_to(STAFF)
def audio(story_id: str) -> Response:
    """Send the recording, or the part of it that the browser asks for."""
    _, folder = find_story(story_id)
    # A link in a folder that came from elsewhere could lead out of the data folder.
    if not folder.audio.is_file() or not folder.audio.resolve().is_relative_to(current_site().folder.stories.resolve()):
        abort(404)
    if not _one_part(request.range, folder.audio.stat().st_size):
        # RFC 9110: a range that is not understood, or several of them, may be answered with the whole.
        request.environ.pop("HTTP_RANGE", None)
    return send_file(folder.audio, mimetype="audio/wav", conditional=True)


def find_story(story_id: str) -> tuple[StoryEntry, StoryFolder]:
    """Return a story that whoever asks may see; 404 if there is none."""
    site = current_site()
    try:
        folder = site.folder.story(story_id)
    except StoryDamaged:
        abort(404)
    entry = site.archive.stories.get(story_id)
    if not entry or not folder.path.is_dir() or (entry.for_leads_alone and not _leads()):
        abort(404)
    return entry, folder


def name_of(account_id: str) -> str:
    """Return who it was, as staff know them."""
    if not account_id:
        return "The computer"
    account = current_site().archive.people.get(account_id)
    return account.name if account else "Somebody who is not here any more"


def _leads() -> bool:
    who = sessions.person()
    return who is not None and who.role == "lead"


def _one_part(asked: Range | None, size: int) -> bool:
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return False
    start, end = asked.ranges[0]
    # "The last 500 bytes" of a file of 300 is the whole file.
    return not (end is None and start < 0 and -start >= size)


def _plain(error: StoryDamaged) -> str:
    return str(error).replace(f"{current_site().folder.root}/", "")
