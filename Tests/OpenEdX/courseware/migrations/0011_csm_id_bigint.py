"""Student modules get 64-bit ids, in each database by a statement of its own: Django would look for the extended table in the
database of the student modules. The original history keeps its 32-bit column."""

from django.db import migrations

from courseware.fields import UnsignedBigIntAutoField
from lms import flags


class WidenEverywhere(migrations.AlterField):
    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        alias = schema_editor.connection.alias
        if alias == "student_module_history":
            if flags.extended_is_enabled():
                schema_editor.execute(
                    "ALTER TABLE coursewarehistoryextended_studentmodulehistoryextended"
                    " MODIFY student_module_id bigint UNSIGNED NOT NULL"
                )
        elif self.allow_migrate_model(alias, to_state.apps.get_model(app_label, self.model_name)):
            schema_editor.execute("ALTER TABLE courseware_studentmodule MODIFY id bigint UNSIGNED NOT NULL AUTO_INCREMENT")

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        pass


class Migration(migrations.Migration):
    dependencies = [("courseware", "0009_auto_20190703_1955")]
    if flags.extended_is_enabled():
        dependencies.append(("coursewarehistoryextended", "0002_force_studentmodule_index"))
    operations = [
        WidenEverywhere("StudentModule", "id", UnsignedBigIntAutoField(primary_key=True, serialize=False)),
    ]
