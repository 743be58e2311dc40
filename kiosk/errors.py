"""Every error Sayso raises on purpose.

One tree, so that a caller can catch as much or as little as it means to; each leaf is also the builtin that a
Python reader would expect. A message says what happened, where, and what the person can do about it: it is printed
as it stands, without a traceback.
"""


class SaysoError(Exception):
    """Something went wrong that a person can put right; the message says how."""

    #: What the command line ends with: 1, it could not be done; 2, it was asked for wrongly.
    exit_code = 1


class UsageError(SaysoError, ValueError):
    """A command was asked for something that it does not do."""

    exit_code = 2


class ConfigError(UsageError):
    """The settings file does not hold what Sayso needs. The message lists every fault in it."""


class DataFolderError(SaysoError, OSError):
    """The data folder cannot be used: it is not writable, not a folder, or of another kind."""


class AlreadyRunning(SaysoError, RuntimeError):
    """Another process already does this work on this data folder."""


class DiskFull(SaysoError, OSError):
    """There is no room for another story, or for what was to be put beside the stories."""


class StoryDamaged(SaysoError, ValueError):
    """A story folder lacks a file or holds one that cannot be read."""


class AudioError(SaysoError, ValueError):
    """A sound file cannot be read as sound."""


class MicrophoneError(SaysoError, OSError):
    """The microphone is missing, refused to start, or stopped giving sound."""


class SpeakerError(SaysoError, OSError):
    """The speaker is missing, refused to start, or stopped taking sound."""


class PanelError(SaysoError, OSError):
    """Buttons or lights cannot be reached."""


class StationAway(SaysoError, ConnectionError):
    """No kiosk runs on this data folder, or it does not answer."""


class StationBusy(SaysoError, RuntimeError):
    """Somebody is using the station, and goes first."""


class ProgrammeBroken(SaysoError, ValueError):
    """What the station should ask and tell cannot be used as it is written."""


class ProgrammeNotWritten(SaysoError, OSError):
    """What the station should ask, or a recording for it, cannot be written. What was there stays."""


class PromptUnknown(UsageError):
    """There is no prompt, or no recording, of this name."""


class RecordingUnfit(SaysoError, ValueError):
    """A prompt that was just recorded is too short, too quiet or too loud to be used."""


class CardsError(SaysoError, ValueError):
    """Cards with these numbers, or in this place, cannot be made."""


class ModelError(SaysoError, ValueError):
    """A speech model is missing, incomplete or not one that Vosk reads."""


class DownloadError(SaysoError, OSError):
    """A speech model could not be fetched: no network, not there, cut off, or not what the publisher's list says."""


class AddressError(SaysoError, OSError):
    """The site cannot listen where it was told to: the port is taken or not allowed, or the address is not ours."""


class ArchiveError(SaysoError):
    """Something is wrong with the archive, the site's memory of all stories."""


class ArchiveDamaged(ArchiveError, ValueError):
    """The archive's file is damaged, of another program, or of a newer Sayso. It is left as it is."""


class ArchiveNotWritten(ArchiveError, OSError):
    """The archive's file may not be written, or the disk is full or failing. Nothing of the change was kept."""


class ArchiveBusy(ArchiveError, TimeoutError):
    """Another process or thread was writing to the archive for too long."""


class NotAllowed(SaysoError, PermissionError):
    """The archive's rules forbid this change: the story is frozen, withdrawn, or not permitted to be used so."""


class ChangedMeanwhile(SaysoError, RuntimeError):
    """Somebody else saved first. Both versions are at hand; nothing was overwritten.

    Attributes:
        theirs: What is kept now (a record of `admin_web.archive.records`).
        yours: What was to be saved over it.
    """

    def __init__(self, message: str, *, theirs: object, yours: object) -> None:
        super().__init__(message)
        self.theirs, self.yours = theirs, yours


class ExportFailed(SaysoError, OSError):
    """An export cannot be written."""


class BackupError(SaysoError, OSError):
    """A backup cannot be made, read or brought back: its folder is missing, full, damaged, or not a backup."""
