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
    """There is no room for another story."""


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


class ModelError(SaysoError, ValueError):
    """A speech model is missing, incomplete or not one that Vosk reads."""


class AddressError(SaysoError, OSError):
    """The site cannot listen where it was told to: the port is taken or not allowed, or the address is not ours."""


class ArchiveError(SaysoError, ValueError):
    """The archive's file cannot be read. It is left as it is."""
