"""The router, under the name that an lms.yml has for it: the extended history, and nothing else, has a database of its own."""


class StudentModuleHistoryExtendedRouter:
    alias = "student_module_history"

    def db_for_read(self, model, **hints):
        return self.alias if self._is_extended(model) else None

    db_for_write = db_for_read

    def allow_relation(self, first, second, **hints):
        return False if self._is_extended(first) or self._is_extended(second) else None

    def allow_migrate(self, db, app_label, model_name=None, **hints):
        """Only operations on the model itself reach its database; RunPython names no model, so it reaches none."""
        model = hints.get("model")
        if model_name is not None and model is not None and self._is_extended(model):
            return db == self.alias
        return False if db == self.alias else None

    @staticmethod
    def _is_extended(model):
        return (model._meta.app_label, model._meta.model_name) == (
            "coursewarehistoryextended",
            "studentmodulehistoryextended",
        )
