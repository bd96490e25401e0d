"""A learner's state of a block, and the history of these states in the original table."""

from django.conf import settings
from django.db import models
from django.db.models.signals import post_save
from django.dispatch import receiver

from courseware.fields import UnsignedBigIntAutoField
from lms import flags
from lms.requests import memory

TYPES_WITH_HISTORY = {"problem"}


class StudentModule(models.Model):
    id = UnsignedBigIntAutoField(primary_key=True)
    module_type = models.CharField(max_length=32, default="problem", db_index=True)
    module_state_key = models.CharField(max_length=255, db_column="module_id")
    student = models.ForeignKey(settings.AUTH_USER_MODEL, db_index=True, db_constraint=False, on_delete=models.CASCADE)
    course_id = models.CharField(max_length=255, db_index=True)
    state = models.TextField(null=True, blank=True)
    grade = models.FloatField(null=True, blank=True, db_index=True)
    max_grade = models.FloatField(null=True, blank=True)
    done = models.CharField(max_length=8, default="na")
    created = models.DateTimeField(auto_now_add=True, db_index=True)
    modified = models.DateTimeField(auto_now=True, db_index=True)

    class Meta:
        app_label = "courseware"
        unique_together = (("student", "module_state_key", "course_id"),)


class BaseStudentModuleHistory(models.Model):
    """The columns that both history tables have."""

    version = models.CharField(max_length=255, null=True, blank=True, db_index=True)
    created = models.DateTimeField(db_index=True)
    state = models.TextField(null=True, blank=True)
    grade = models.FloatField(null=True, blank=True)
    max_grade = models.FloatField(null=True, blank=True)

    class Meta:
        abstract = True

    @staticmethod
    def get_history(modules):
        """The rows of the tables that the flags name, one table after the other, each by descending id."""
        rows = []
        if flags.extended_is_enabled():
            from coursewarehistoryextended.models import StudentModuleHistoryExtended

            rows += _newest_first(StudentModuleHistoryExtended, modules)
        if flags.both_tables_are_read():
            rows += _newest_first(StudentModuleHistory, modules)
        return rows

    @classmethod
    def record(cls, module):
        """Writes a state down. A later state of the same request takes the place of the first one, in the same row."""
        if module.module_type not in TYPES_WITH_HISTORY:
            return
        rows = memory(cls._meta.label)
        # By the id alone: the router forbids a relation between objects of two databases.
        row = rows.setdefault(module.pk, cls(student_module_id=module.pk, version=None))
        row.created, row.state = module.modified, module.state
        row.grade, row.max_grade = module.grade, module.max_grade
        row.save()


class StudentModuleHistory(BaseStudentModuleHistory):
    student_module = models.ForeignKey(StudentModule, db_index=True, db_constraint=False, on_delete=models.CASCADE)

    class Meta:
        app_label = "courseware"


def _newest_first(model, modules):
    # The ids are read first: the two tables may be on different servers.
    return list(model.objects.filter(student_module__in=[module.pk for module in modules]).order_by("-id"))


@receiver(post_save, sender=StudentModule)
def keep_in_original_table(sender, instance, **kwargs):
    if not flags.extended_is_enabled():
        StudentModuleHistory.record(instance)
