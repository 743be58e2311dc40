"""Everything out again, in open formats: as a zip that is made while it is sent, or as a folder."""

from admin_web.archive.export.contents import contents
from admin_web.archive.export.parts import Part, Wish
from admin_web.archive.export.written import into_folder, into_zip, zipped

__all__ = ["Part", "Wish", "contents", "into_folder", "into_zip", "zipped"]
