"""The outbox says what was sent and what the platform holds of it, who is sending, and that a grade waits once."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('grader', '0009_regrade_scopes'),
    ]

    operations = [
        migrations.AddField(
            model_name='passback',
            name='found',
            field=models.DecimalField(blank=True, decimal_places=2, max_digits=9, null=True),
        ),
        migrations.AddField(
            model_name='passback',
            name='found_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='passback',
            name='held_until',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='passback',
            name='possible',
            field=models.DecimalField(blank=True, decimal_places=2, max_digits=7, null=True),
        ),
        migrations.AddField(
            model_name='passback',
            name='submission',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='grader.submission'),
        ),
        migrations.AlterField(
            model_name='passback',
            name='state',
            field=models.CharField(choices=[('waiting', 'waiting'), ('sent', 'sent'), ('superseded', 'superseded'), ('parked', 'parked'), ('withdrawn', 'withdrawn')], default='waiting', max_length=16),
        ),
        migrations.AddConstraint(
            model_name='passback',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('line_item', 'student'), name='passback_waits_once'),
        ),
    ]
