#!/usr/bin/env python3
"""`manage.py lms COMMAND ...`, or without `lms`: SITE_SETTINGS in the environment names the settings (default: lms.settings)."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = os.environ.get("SITE_SETTINGS", "lms.settings")
    arguments = sys.argv[1:]
    # As in Open edX, the first word may name the service.
    if arguments[:1] == ["lms"]:
        arguments = arguments[1:]
    execute_from_command_line([sys.argv[0], *arguments])
