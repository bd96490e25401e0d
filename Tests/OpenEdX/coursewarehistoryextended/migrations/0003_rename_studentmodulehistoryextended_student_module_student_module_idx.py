"""One index in the place of two."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("coursewarehistoryextended", "0002_force_studentmodule_index")]
    operations = [
        # This drops every index of the column, the one of 0002 included.
        migrations.AlterField(
            "StudentModuleHistoryExtended",
            "student_module",
            models.ForeignKey(
                "courseware.StudentModule", db_constraint=False, db_index=False, on_delete=models.DO_NOTHING
            ),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AlterIndexTogether("StudentModuleHistoryExtended", set())]
        ),
        migrations.AddIndex(
            "StudentModuleHistoryExtended", models.Index(fields=["student_module"], name="student_module_idx")
        ),
    ]
