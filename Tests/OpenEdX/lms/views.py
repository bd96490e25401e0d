"""What learners and instructors do to the history.

A body is a list of steps: `{"do": "save", "learner": 1, "block": "b1", "state": "{}"}`, `{"do": "delete", "learner": 1,
"block": "b1"}`, `{"do": "fail"}`, and `{"do": "wait"}`, which stops until the driver is told to go on.
"""

import json
import sys

from django.db import transaction
from django.http import JsonResponse

from courseware.models import BaseStudentModuleHistory, StudentModule

COURSE = "course-v1:Tests+CSMH+2026"


def request(request):
    """The steps in one request, which ATOMIC_REQUESTS makes one transaction on `default`."""
    return _perform(request)


@transaction.non_atomic_requests
def task(request):
    """The steps as a task or a command does them: each save is committed at once, and the memory lasts for all of them."""
    return _perform(request)


def history(request):
    """What a reader is shown of some student modules."""
    modules = StudentModule.objects.filter(pk__in=request.GET.getlist("module"))
    return JsonResponse({"entries": [_entry(row) for row in BaseStudentModuleHistory.get_history(modules)]})


def _perform(request):
    saved, deleted = [], []
    for step in json.loads(request.body):
        if step["do"] == "save":
            saved.append(_save(step))
        elif step["do"] == "delete":
            for module in StudentModule.objects.filter(**_key(step)):
                deleted.append(module.pk)
                module.delete()
        elif step["do"] == "fail":
            raise RuntimeError("the view fails")
        elif step["do"] == "wait":
            print(json.dumps({"waiting": True}), flush=True)
            sys.stdin.readline()
        else:
            raise ValueError(f"an unknown step: {step}")
    return JsonResponse({"saved": saved, "deleted": deleted})


def _key(step):
    return {"student_id": step["learner"], "module_state_key": step["block"], "course_id": COURSE}


def _save(step):
    values = {name: step.get(name) for name in ("state", "grade", "max_grade")}
    module, is_new = StudentModule.objects.get_or_create(
        **_key(step), defaults={**values, "module_type": step.get("type", "problem")}
    )
    if not is_new:
        for name, value in values.items():
            setattr(module, name, value)
        module.save()
    return {"module": module.pk, "modified": _time(module.modified)}


def _entry(row):
    return {
        "id": row.pk,
        "student_module_id": row.student_module_id,
        "created": _time(row.created),
        "grade": row.grade,
        "max_grade": row.max_grade,
        "version": row.version,
        "state": row.state,
        "table": "original" if row._meta.app_label == "courseware" else "extended",
    }


def _time(time):
    return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
