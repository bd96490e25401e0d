"""The two flags, looked up where the release that SITE_FLAGS names looks them up."""

from django.conf import settings


def extended_is_enabled():
    if settings.SITE_FLAGS == "flat":
        return settings.ENABLE_CSMH_EXTENDED
    return settings.FEATURES["ENABLE_CSMH_EXTENDED"]


def both_tables_are_read():
    # Releases of 2026 still ask FEATURES here.
    return settings.FEATURES["ENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES"]
