"""What a known mistake explains of a result: a column of its own."""

from __future__ import annotations

from importlib import import_module

from django.db import migrations, models

# Its name begins with a number, so no import statement can say it.
append_only = import_module("grader.migrations.0002_append_only")


class Migration(migrations.Migration):
    dependencies = [("grader", "0002_append_only")]
    operations = [
        # SQLite makes the table anew, and would forget its triggers.
        migrations.RunPython(append_only.release, append_only.protect),
        migrations.AddField(
            model_name="checkresult",
            name="mistake",
            field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
        migrations.RunPython(append_only.protect, append_only.release),
    ]
