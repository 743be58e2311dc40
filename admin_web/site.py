"""What the pages work on; one for each app."""

import threading
from dataclasses import dataclass, field
from typing import Self

from flask import Flask, current_app

from admin_web.archive import Archive
from admin_web.archive.uploads import Uploads
from admin_web.credentials import Passwords, SetUpCode
from admin_web.held_sounds import HeldSounds
from admin_web.intake import Intake
from admin_web.notifying import Notifier
from admin_web.programmes import Programmes
from admin_web.prompt_voices import PromptVoices
from admin_web.screens import Screens
from admin_web.throttle import Throttle
from admin_web.under_way import UnderWay
from kiosk.config import AdminSettings, Config, KeepingSettings
from kiosk.stories.folder import DataFolder
from kiosk.stories.status import Fault

#: How many may get quotes at once.
_HANDING_OUT = 2


@dataclass
class Site:
    """The parts behind the pages.

    Attributes:
        handing_out: Whoever gets quotes holds it until they have them; each of them keeps one of the server's threads.
        uploads: Makes stories of recordings that were made elsewhere.
        under_way: What is being taken out, and how far it is.
        set_up_code: Lets the first person in; None once there is an account.
        config: All settings of the station; `settings` are the site's own.
        programmes: What the station asks and tells.
        voices: Whose voice says what.
        sounds: What somebody listens to before it is used.
    """

    folder: DataFolder
    config: Config
    settings: AdminSettings
    keeping: KeepingSettings
    archive: Archive
    uploads: Uploads
    under_way: UnderWay
    intake: Intake
    set_up_code: SetUpCode | None
    screens: Screens
    programmes: Programmes
    voices: PromptVoices
    notifier: Notifier
    sounds: HeldSounds = field(default_factory=HeldSounds)
    passwords: Passwords = field(default_factory=Passwords)
    throttle: Throttle = field(default_factory=Throttle)
    handing_out: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(_HANDING_OUT))

    @classmethod
    def open(cls, folder: DataFolder, config: Config) -> Self:
        """Open the archive of a data folder and make all parts.

        Raises:
            ArchiveError: The archive cannot be read.
            OSError: The data folder cannot be read or written.
        """
        archive = Archive(folder)
        uploads = Uploads(folder, archive, config.station.name)
        uploads.clear()
        return cls(
            folder=folder,
            settings=config.admin,
            keeping=config.keeping,
            archive=archive,
            uploads=uploads,
            under_way=UnderWay(folder, archive),
            intake=Intake(folder, archive),
            screens=Screens(config.station.language),
            config=config,
            programmes=Programmes(folder, archive.log),
            voices=PromptVoices(folder, config),
            notifier=Notifier(archive, config.safety),
            set_up_code=None if archive.people.everybody() else SetUpCode(),
        )

    def faults(self) -> list[Fault]:
        """Return what a lead has to know and cannot mend by waiting, beside what the intake tells itself."""
        check = self.archive.log.last_check
        if not check or not check.faults:
            return self.notifier.faults()
        broken = Fault("log-changed", f"The audit log was changed by hand: {check.faults[0]}", "Look at the page Log.")
        return [*self.notifier.faults(), broken]


def site_of(app: Flask) -> Site:
    """Return the parts behind `app`."""
    site = app.extensions["sayso"]
    assert isinstance(site, Site)  # noqa: S101 - create_app put it there
    return site


def current_site() -> Site:
    """Return the parts behind the request that is being answered."""
    return site_of(current_app)
