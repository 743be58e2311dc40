"""Bringing in a recording that was made elsewhere, with who agreed to it and how."""

import shutil
from pathlib import Path

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from admin_web.archive import StoryEntry
from admin_web.archive.uploads import now
from admin_web.bodies import has_room
from admin_web.conversion import convert
from admin_web.forms import CONFLICT, UNPROCESSABLE
from admin_web.languages import languages
from admin_web.rights import STAFF, open_to, takes_up_to
from admin_web.site import current_site
from admin_web.upload_form import HOW, VOICE, WORDS, UploadForm
from kiosk.errors import AudioError, NotAllowed
from kiosk.stories.wav import FRAME_BYTES, SAMPLERATE_HZ

uploading = Blueprint("uploading", __name__)

Answer = str | Response | tuple[str | Response, int]
_MEGABYTE = 1_000_000
#: All of the form but the file.
_REST_BYTES = 64 * 1024
_TOO_LARGE, _UNAVAILABLE = 413, 503


def _largest() -> int:
    """Return how many bytes an upload may have, with the form around it."""
    return current_site().settings.upload_largest_mb * _MEGABYTE + _REST_BYTES


@uploading.route("/stories/upload", methods=["GET", "POST"])
@open_to(STAFF)
@takes_up_to(_largest)
def upload() -> Answer:
    """Ask for a recording, and make a story of it."""
    form = _form()
    if request.method == "GET":
        return _page(form)
    if not form.validate():
        return _again(form, UNPROCESSABLE)
    if not _room():
        return _refused(form, _full(), _UNAVAILABLE)
    try:
        entry = _add(form)
    except AudioError as error:
        return _refused(form, str(error), UNPROCESSABLE)
    except NotAllowed as error:
        return _refused(form, str(error), CONFLICT)
    except OSError as error:
        return _refused(form, f"It could not be kept: {error.strerror}. {_full()}", _UNAVAILABLE)
    flash(f"{entry.title} is here. Tell this name to the person whose story it is. With it they can take it back.")
    to = url_for("stories.story", story_id=entry.id)
    return jsonify(to=to) if _by_script() else redirect(to, code=303)


@uploading.errorhandler(RequestEntityTooLarge)
def _too_large(error: RequestEntityTooLarge) -> Answer:
    form = _form(sent=False)
    most_mb = current_site().settings.upload_largest_mb
    return _refused(form, f"This file is too large. It may have {most_mb} MB.", _TOO_LARGE)


def _form(*, sent: bool = True) -> UploadForm:
    site = current_site()
    present = site.config.station.language
    # What was too large was not read, and must not be read here.
    form = UploadForm(language=present) if sent else UploadForm(formdata=None, language=present)
    form.language.choices = languages(present, site.config.transcriber.models)
    return form


def _add(form: UploadForm) -> StoryEntry:
    site, stream = current_site(), form.file.data.stream

    def record(path: Path) -> int:
        return convert(stream, path, site.settings.upload_longest_min * 60)

    return site.uploads.add(form.told, record)


def _page(form: UploadForm) -> str:
    settings = current_site().settings
    return render_template(
        "upload.html",
        form=form,
        words=WORDS,
        voice=VOICE,
        how=HOW,
        largest_mb=settings.upload_largest_mb,
        longest_min=f"{settings.upload_longest_min:g}",
        reads_m4a=shutil.which("ffmpeg") is not None,
        full="" if _room() else _full(),
        today=now().date(),
    )


def _refused(form: UploadForm, message: str, code: int) -> Answer:
    """Answer that the file cannot be taken; what was filled in stays."""
    form.file.errors = [message]
    return _again(form, code)


def _again(form: UploadForm, code: int) -> Answer:
    if _by_script():
        return jsonify(errors={name: errors[0] for name, errors in form.errors.items() if name}), code
    return _page(form), code


def _room() -> bool:
    site = current_site()
    return has_room(site, site.settings.upload_longest_min * 60 * SAMPLERATE_HZ * FRAME_BYTES)


def _full() -> str:
    return "The disk of the station is nearly full. Nothing was changed. Tell whoever looks after the station."


def _by_script() -> bool:
    return request.accept_mimetypes.best == "application/json"
