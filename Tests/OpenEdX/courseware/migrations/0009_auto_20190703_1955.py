"""The history's foreign key goes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("courseware", "0001_initial")]
    operations = [
        migrations.AlterField(
            "StudentModuleHistory",
            "student_module",
            models.ForeignKey("courseware.StudentModule", db_constraint=False, on_delete=models.CASCADE),
        ),
    ]
