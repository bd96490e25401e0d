"""The settings of the site: an lms.yml, whose path LMS_CFG holds, is read as the LMS reads it.

SITE_FLAGS says which release's way of reading flags holds: `features` (before September 2025: FEATURES alone counts) or `flat`
(since then: every flag is a setting, and an entry of FEATURES is laid over the one of the same name).
"""

import os

import yaml

with open(os.environ["LMS_CFG"], encoding="utf-8") as file:
    CONFIGURATION = yaml.safe_load(file)

SITE_FLAGS = os.environ.get("SITE_FLAGS", "flat")

# Both are on where nobody says otherwise.
FEATURES = {"ENABLE_CSMH_EXTENDED": True, "ENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES": True}
if SITE_FLAGS == "flat":
    FEATURES.update({name: CONFIGURATION[name] for name in FEATURES if name in CONFIGURATION})
FEATURES.update(CONFIGURATION.get("FEATURES") or {})
if SITE_FLAGS == "flat":
    ENABLE_CSMH_EXTENDED = FEATURES["ENABLE_CSMH_EXTENDED"]

STUDENTMODULEHISTORYEXTENDED_OFFSET = CONFIGURATION.get("STUDENTMODULEHISTORYEXTENDED_OFFSET", 10000)
DATABASES = CONFIGURATION["DATABASES"]
DATABASE_ROUTERS = CONFIGURATION["DATABASE_ROUTERS"]

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "courseware",
    "coursewarehistoryextended",
]
MIDDLEWARE = ["lms.requests.RequestMemory"]
ROOT_URLCONF = "lms.urls"
ALLOWED_HOSTS = ["testserver"]
SECRET_KEY = "nobody signs in here"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = True
TIME_ZONE = "UTC"
# Views that fail are part of the tests; what they failed of is in the answer.
LOGGING = {"version": 1, "loggers": {"django.request": {"level": "CRITICAL"}}}
