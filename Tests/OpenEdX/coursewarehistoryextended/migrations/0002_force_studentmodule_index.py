"""A second index on the same column."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("coursewarehistoryextended", "0001_initial")]
    operations = [migrations.AlterIndexTogether("StudentModuleHistoryExtended", {("student_module",)})]
