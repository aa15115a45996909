"""What a student typed, beside the files."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("grader", "0003_known_mistakes")]
    operations = [
        migrations.AddField("submission", "answers", models.JSONField(blank=True, null=True)),
    ]
