"""The history in the extended table."""

from django.db import models
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from courseware.fields import UnsignedBigIntAutoField
from courseware.models import BaseStudentModuleHistory, StudentModule


class StudentModuleHistoryExtended(BaseStudentModuleHistory):
    id = UnsignedBigIntAutoField(primary_key=True)
    student_module = models.ForeignKey(StudentModule, db_index=False, db_constraint=False, on_delete=models.DO_NOTHING)

    class Meta:
        app_label = "coursewarehistoryextended"
        indexes = [models.Index(fields=["student_module"], name="student_module_idx")]


@receiver(post_save, sender=StudentModule)
def keep_in_extended_table(sender, instance, **kwargs):
    """Whatever the flags say."""
    StudentModuleHistoryExtended.record(instance)


@receiver(post_delete, sender=StudentModule)
def remove_from_extended_table(sender, instance, **kwargs):
    """No cascade leads from one database into another."""
    StudentModuleHistoryExtended.objects.filter(student_module_id=instance.pk).delete()
