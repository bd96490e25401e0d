"""What a request remembers while it lasts."""

import threading

_local = threading.local()


def memory(name):
    """A dictionary of the running request's own."""
    if not hasattr(_local, "memories"):
        _local.memories = {}
    return _local.memories.setdefault(name, {})


class RequestMemory:
    """Forgets everything before and after each request."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        _local.memories = {}
        try:
            return self.get_response(request)
        finally:
            _local.memories = {}
