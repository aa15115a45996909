"""When the lanes and the sweep last gave a sign of life."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("grader", "0004_answers")]
    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("part", models.CharField(max_length=16)),
                ("rung_at", models.DateTimeField(blank=True, null=True)),
                ("seen_at", models.DateTimeField(blank=True, null=True)),
                ("seconds", models.FloatField(blank=True, null=True)),
                ("worker", models.CharField(blank=True, max_length=100)),
                ("trouble", models.TextField(blank=True)),
                ("told_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["part"], name="heartbeat_once_for_each_part")
                ],
            },
        ),
    ]
