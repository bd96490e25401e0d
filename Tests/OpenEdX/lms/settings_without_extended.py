"""The same site as Tutor and early releases run it: without the application of the extended table and without its router."""

from lms.settings import *  # noqa: F401,F403

INSTALLED_APPS = [name for name in INSTALLED_APPS if name != "coursewarehistoryextended"]  # noqa: F405
DATABASE_ROUTERS = []
