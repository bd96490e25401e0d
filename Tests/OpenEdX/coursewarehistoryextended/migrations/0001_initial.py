"""The extended table, and a first id above those of the original table, which today's router keeps from ever being set."""

from django.conf import settings
from django.db import migrations, models

from courseware.fields import UnsignedBigIntAutoField


def bump_pk_start(apps, schema_editor):
    if schema_editor.connection.alias != "student_module_history":
        return
    newest = apps.get_model("courseware", "StudentModuleHistory").objects.order_by("-id").first()
    first_id = settings.STUDENTMODULEHISTORYEXTENDED_OFFSET + (newest.id if newest else 0)
    schema_editor.execute(
        "ALTER TABLE coursewarehistoryextended_studentmodulehistoryextended AUTO_INCREMENT = %s", [first_id]
    )


class Migration(migrations.Migration):
    dependencies = [("courseware", "0001_initial")]
    operations = [
        migrations.CreateModel(
            "StudentModuleHistoryExtended",
            [
                ("version", models.CharField(max_length=255, null=True, blank=True, db_index=True)),
                ("created", models.DateTimeField(db_index=True)),
                ("state", models.TextField(null=True, blank=True)),
                ("grade", models.FloatField(null=True, blank=True)),
                ("max_grade", models.FloatField(null=True, blank=True)),
                ("id", UnsignedBigIntAutoField(primary_key=True, serialize=False)),
                (
                    "student_module",
                    models.ForeignKey(
                        "courseware.StudentModule", db_constraint=False, on_delete=models.DO_NOTHING
                    ),
                ),
            ],
        ),
        migrations.RunPython(bump_pk_start, migrations.RunPython.noop, atomic=False),
    ]
