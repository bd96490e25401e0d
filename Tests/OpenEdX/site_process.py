"""What the two kinds of processes of the site share: requests that go through all of Django, as under a web server."""

import os
import sys

sys.dont_write_bytecode = True
os.environ["DJANGO_SETTINGS_MODULE"] = os.environ.get("SITE_SETTINGS", "lms.settings")

import django  # noqa: E402

django.setup()

from django.db import close_old_connections  # noqa: E402
from django.test import Client  # noqa: E402

_client = Client(raise_request_exception=False)


def post(path, steps):
    """The answer's status and its body; the error of a view that failed."""
    return _answer(_client.post(path, steps, content_type="application/json"))


def get(path):
    return _answer(_client.get(path))


def _answer(response):
    if response.status_code == 200:
        return 200, response.json()
    # The test client leaves connections alone, even broken ones.
    close_old_connections()
    error = response.exc_info[1] if getattr(response, "exc_info", None) else response.content.decode()
    return response.status_code, {"error": repr(error)}
