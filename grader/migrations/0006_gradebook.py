"""Exams, overrides, slip days, regrades, messages and drafts of imports."""

from __future__ import annotations

from importlib import import_module

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

# Its name begins with a number, so no import statement can say it.
append_only = import_module("grader.migrations.0002_append_only")
DECISIONS = ("grader_examscore", "grader_override", "grader_slipdays")


def protect(apps, schema_editor):
    """Make the new tables that are written once so, in the words of this database."""
    for table in DECISIONS:
        append_only.refuse_changes(schema_editor, table)


def release(apps, schema_editor):
    """Take their triggers away."""
    for table in DECISIONS:
        append_only.allow_changes(schema_editor, f"{table}_append_only", table)


class Migration(migrations.Migration):

    dependencies = [
        ('grader', '0005_heartbeats'),
    ]

    operations = [
        migrations.RunPython(append_only.release, append_only.protect),
        migrations.CreateModel(
            name='Exam',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField()),
                ('title', models.CharField(max_length=200)),
                ('group', models.CharField(max_length=64)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('held_on', models.DateField(blank=True, null=True)),
                ('possible', models.DecimalField(decimal_places=2, max_digits=7)),
                ('released_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['position', 'id'],
            },
        ),
        migrations.CreateModel(
            name='ExamScore',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('points', models.DecimalField(blank=True, decimal_places=2, max_digits=7, null=True)),
                ('source', models.CharField(choices=[('csv', 'csv'), ('form', 'form')], max_length=16)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name='ImportDraft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=32)),
                ('subject', models.CharField(blank=True, max_length=100)),
                ('name', models.CharField(max_length=200)),
                ('content', models.BinaryField()),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('applied_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=64)),
                ('key', models.CharField(max_length=200, unique=True)),
                ('subject', models.CharField(max_length=200)),
                ('body', models.TextField()),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_at', models.DateTimeField(blank=True, null=True)),
                ('trouble', models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name='Override',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('points', 'points'), ('excused', 'excused'), ('lifted', 'lifted')], max_length=16)),
                ('points', models.DecimalField(blank=True, decimal_places=2, max_digits=7, null=True)),
                ('reason', models.CharField(max_length=500)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name='Regrade',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.CharField(choices=[('counted', 'counted'), ('all', 'all')], max_length=16)),
                ('reason', models.CharField(max_length=500)),
                ('state', models.CharField(choices=[('running', 'running'), ('ready', 'ready'), ('accepted', 'accepted'), ('raised', 'raised'), ('dropped', 'dropped'), ('cancelled', 'cancelled')], default='running', max_length=16)),
                ('total', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='SlipDays',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('days', models.PositiveSmallIntegerField()),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='gradingjob',
            name='job_one_active_per_submission',
        ),
        migrations.AddField(
            model_name='extension',
            name='revoked_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='extension',
            name='revoked_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='gradingjob',
            name='shadow',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='score',
            name='slip_days',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name='extension',
            name='author',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='heartbeat',
            name='id',
            field=models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID'),
        ),
        migrations.AddField(
            model_name='exam',
            name='course',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exams', to='grader.course'),
        ),
        migrations.AddField(
            model_name='examscore',
            name='author',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='examscore',
            name='exam',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='scores', to='grader.exam'),
        ),
        migrations.AddField(
            model_name='examscore',
            name='student',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='exam_scores', to='grader.membership'),
        ),
        migrations.AddField(
            model_name='importdraft',
            name='author',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='importdraft',
            name='course',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='import_drafts', to='grader.course'),
        ),
        migrations.AddField(
            model_name='message',
            name='course',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='grader.course'),
        ),
        migrations.AddField(
            model_name='message',
            name='to',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='messages', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='override',
            name='assignment',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='overrides', to='grader.assignment'),
        ),
        migrations.AddField(
            model_name='override',
            name='author',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='override',
            name='exam',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='overrides', to='grader.exam'),
        ),
        migrations.AddField(
            model_name='override',
            name='student',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='overrides', to='grader.membership'),
        ),
        migrations.AddField(
            model_name='regrade',
            name='assignment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='regrades', to='grader.assignment'),
        ),
        migrations.AddField(
            model_name='regrade',
            name='author',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='regrade',
            name='decided_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='regrade',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='regrades', to='grader.assignmentversion'),
        ),
        migrations.AddField(
            model_name='gradingjob',
            name='regrade',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='jobs', to='grader.regrade'),
        ),
        migrations.AddConstraint(
            model_name='gradingjob',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['queued', 'running'])), fields=('submission', 'version', 'shadow'), name='job_one_active_per_submission'),
        ),
        migrations.AddField(
            model_name='slipdays',
            name='assignment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='slip_days', to='grader.assignment'),
        ),
        migrations.AddField(
            model_name='slipdays',
            name='author',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='slipdays',
            name='student',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='slip_days', to='grader.membership'),
        ),
        migrations.AddConstraint(
            model_name='exam',
            constraint=models.UniqueConstraint(fields=('course', 'slug'), name='exam_once_in_course'),
        ),
        migrations.AddConstraint(
            model_name='exam',
            constraint=models.CheckConstraint(condition=models.Q(('possible__gt', 0)), name='exam_points_positive'),
        ),
        migrations.AddIndex(
            model_name='examscore',
            index=models.Index(fields=['exam', 'student'], name='grader_exam_exam_id_fb2f97_idx'),
        ),
        migrations.AddConstraint(
            model_name='examscore',
            constraint=models.CheckConstraint(condition=models.Q(('points__isnull', True), ('points__gte', 0), _connector='OR'), name='exam_score_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='examscore',
            constraint=models.CheckConstraint(condition=models.Q(('source__in', ['csv', 'form'])), name='exam_score_source_known'),
        ),
        migrations.AddIndex(
            model_name='importdraft',
            index=models.Index(fields=['created_at'], name='grader_impo_created_8ab78a_idx'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(fields=['sent_at', 'next_at'], name='grader_mess_sent_at_81fc5a_idx'),
        ),
        migrations.AddIndex(
            model_name='override',
            index=models.Index(fields=['assignment', 'student'], name='grader_over_assignm_d247a4_idx'),
        ),
        migrations.AddIndex(
            model_name='override',
            index=models.Index(fields=['exam', 'student'], name='grader_over_exam_id_737464_idx'),
        ),
        migrations.AddConstraint(
            model_name='override',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('assignment__isnull', True), ('exam__isnull', False)), models.Q(('assignment__isnull', False), ('exam__isnull', True)), _connector='OR'), name='override_of_one_column'),
        ),
        migrations.AddConstraint(
            model_name='override',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'points'), ('points__gte', 0)), models.Q(('kind__in', ['excused', 'lifted']), ('points__isnull', True)), _connector='OR'), name='override_points_with_their_kind'),
        ),
        migrations.AddConstraint(
            model_name='override',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='override_has_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='regrade',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['running', 'ready'])), fields=('assignment',), name='regrade_one_open_for_each_homework'),
        ),
        migrations.AddConstraint(
            model_name='regrade',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['running', 'ready', 'accepted', 'raised', 'dropped', 'cancelled'])), name='regrade_state_known'),
        ),
        migrations.AddIndex(
            model_name='slipdays',
            index=models.Index(fields=['student', 'assignment'], name='grader_slip_student_3bbb91_idx'),
        ),
        migrations.RunPython(append_only.protect, append_only.release),
        migrations.RunPython(protect, release),
    ]
