"""Lists of stories, searching in them, and each story with its sound and its words."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from flask import Blueprint, abort, jsonify, redirect, render_template, request, send_file, url_for
from werkzeug.datastructures import Range
from werkzeug.wrappers import Response

from admin_web import sessions, station_state
from admin_web.archive import RANKED, Filter, StoryEntry
from admin_web.choosing import Choice
from admin_web.forms import UNPROCESSABLE
from admin_web.lists import PER_PAGE, WAYS, Count, counted, page_asked_for, page_of, way_asked_for
from admin_web.passages import passage_of
from admin_web.peaks import peaks_of
from admin_web.rights import STAFF, open_to
from admin_web.site import current_site
from admin_web.taken_out import ROLES, taken_out
from admin_web.wording import clock, hours, length, when
from kiosk.errors import AudioError, StoryDamaged
from kiosk.stories.records import Story
from kiosk.stories.story_folder import StoryFolder

stories = Blueprint("stories", __name__)

Answer = str | Response | tuple[str, int]
#: A story's number, alone or as on its card: "27", "cat 27", "Story 27".
_NUMBER = re.compile(r"(?:[^\W\d]+ +)?0*([1-9][0-9]{0,6})")
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
def listing() -> Answer:
    """List the stories of one way, as far as they fit what was chosen."""
    site, way, number = current_site(), way_asked_for(), page_asked_for()
    choice = Choice(site.archive, sessions.me(), one_way=True)
    if choice.asked:
        return redirect(url_for("stories.search", **choice.query))
    shown = {"choice": choice, "way": way, "ways": WAYS, "parts": station_state.parts(site.folder)}
    shown["needing"] = site.intake.needing_a_look()
    if not choice.is_sound:
        return render_template("stories.html", **shown), UNPROCESSABLE
    counts = site.archive.inbox.counts(choice.wanted)
    wanted = replace(choice.wanted, state=way.state)

    def entries(number: int) -> list[StoryEntry]:
        return site.archive.stories.page(number, PER_PAGE, wanted, order=way.order)

    page = page_of(counted(way, counts), number, lambda other: bool(entries(other)))
    counts_of_ways = {each.key: counted(each, counts) for each in WAYS}
    return render_template("stories.html", **shown, counts=counts_of_ways, page=page, entries=entries(number))


@stories.get("/search")
@open_to(STAFF)
def search() -> Answer:
    """Look for words, and for a story's number."""
    site, number = current_site(), page_asked_for()
    choice = Choice(site.archive, sessions.me())
    if not choice.asked:
        # Whoever filled in the rest of the form alone wants a list.
        show = choice.filters.get("far", request.args.get("show"))
        limits = {name: value for name, value in choice.filters.items() if name != "far"}
        return redirect(url_for("stories.listing", show=show, **limits))
    if not choice.is_sound:
        return render_template("search.html", choice=choice), UNPROCESSABLE
    found = site.archive.search.count(choice.asked, choice.wanted)
    page = page_of(Count(found, is_all=True), number, lambda _: False)
    hits = site.archive.search.find(choice.asked, number, PER_PAGE, choice.wanted)
    numbered = _numbered(choice.asked) if number == 1 else []
    more = found >= RANKED
    return render_template(
        "search.html", choice=choice, page=page, found=found, hits=hits, more=more, numbered=numbered
    )


def _numbered(asked: str) -> list[StoryEntry]:
    """Return the stories of a number, if that is what somebody typed."""
    is_number = _NUMBER.fullmatch(asked)
    found = current_site().archive.stories.of_number(int(is_number[1])) if is_number else []
    return [entry for entry in found if entry.present and entry.is_seen_by(sessions.me())][:PER_PAGE]


@stories.get("/stories/<story_id>")
@open_to(STAFF)
def story(story_id: str) -> str:
    """Show one story; with `q`, the words that were looked for are marked in it."""
    entry, folder = find_story(story_id)
    archive, asked = current_site().archive, request.args.get("q", "").strip()
    text = archive.texts.get(story_id)
    passage = passage_of(folder, text).marked(archive.search.marked(story_id, asked))
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
        has_audio=folder.has_audio,
        ending=_ENDINGS.get(told.ending, "") if told else "",
        overflows=told.overflows if told else 0,
        uploaded=told.uploaded if told else None,
        brought_by=name_of(told.uploaded.by) if told and told.uploaded else "",
        passage=passage,
        asked=asked,
        taken_out=taken_out(entry, passage),
        roles=ROLES,
        who=name_of(text.by if text else ""),
        listened=archive.listening.of(entry),
        has_versions=archive.texts.has_versions(story_id),
        has_drafts=len(folder.drafts()) > 1,
        asked_again=archive.again.waits(story_id),
        following=archive.inbox.next_to_hear(entry, Filter.seen_by(sessions.me())),
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
    return send_sound(folder.audio)


def send_sound(path: Path, name: str = "") -> Response:
    """Answer with a story's sound, or the part of it that the browser asks for; 404 if there is none.

    With a `name` it is a file for the browser to keep.
    """
    _require_recording(path)
    if not _one_part(request.range, path.stat().st_size):
        # RFC 9110: a range that is not understood, or several of them, may be answered with the whole.
        request.environ.pop("HTTP_RANGE", None)
    return send_file(path, mimetype="audio/wav", conditional=True, as_attachment=bool(name), download_name=name or None)


@stories.get("/stories/<story_id>/peaks")
@open_to(STAFF)
def peaks(story_id: str) -> Response | tuple[Response, int]:
    """Tell how loud the recording is from moment to moment, as JSON; the page draws it."""
    _, folder = find_story(story_id)
    _require_recording(folder.audio)
    try:
        found = peaks_of(current_site().archive, folder)
    except AudioError as error:
        return jsonify(error=str(error)), UNPROCESSABLE
    return jsonify(each_s=found.each_s, peaks=found.peaks)


def _require_recording(path: Path) -> None:
    # A link in a folder that came from elsewhere could lead out of the data folder.
    if not path.is_file() or not path.resolve().is_relative_to(current_site().folder.stories.resolve()):
        abort(404)


def find_story(story_id: str) -> tuple[StoryEntry, StoryFolder]:
    """Return a story that whoever asks may see, and its folder; 404 if either is not there."""
    entry = find_entry(story_id)
    folder = current_site().folder.story(story_id)
    return (entry, folder) if folder.path.is_dir() else abort(404)


def find_entry(story_id: str) -> StoryEntry:
    """Return a story that whoever asks may see, also while its folder is missing; 404 if there is none."""
    site = current_site()
    try:
        site.folder.story(story_id)
    except StoryDamaged:
        abort(404)
    entry = site.archive.stories.get(story_id)
    return entry if entry and entry.is_seen_by(sessions.me()) else abort(404)


def name_of(account_id: str) -> str:
    """Return who it was, as staff know them."""
    if not account_id:
        return "The computer"
    account = current_site().archive.people.get(account_id)
    return account.name if account else "Somebody who is not here any more"


def _one_part(asked: Range | None, size: int) -> bool:
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return False
    start, end = asked.ranges[0]
    # "The last 500 bytes" of a file of 300 is the whole file.
    return not (end is None and start < 0 and -start >= size)


def _plain(error: StoryDamaged) -> str:
    return str(error).replace(f"{current_site().folder.root}/", "")
