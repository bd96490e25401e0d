"""Ids of 64 bits without a sign, which Django's own fields do not offer."""

from django.db import models


class UnsignedBigIntAutoField(models.AutoField):
    def db_type(self, connection):
        return "bigint UNSIGNED AUTO_INCREMENT"

    def rel_db_type(self, connection):
        return "bigint UNSIGNED"
