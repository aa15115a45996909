"""A regrade may cover what another version graded; the column stays as it is."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Known to Django alone: the database has no such rule."""

    dependencies = [("grader", "0008_lti_arrivals")]
    operations = [
        migrations.AlterField(
            model_name="regrade",
            name="scope",
            field=models.CharField(
                choices=[("counted", "counted"), ("all", "all"), ("stale", "stale")],
                max_length=16,
            ),
        ),
    ]
