"""The tables as they began."""

import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Assignment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField()),
                ('title', models.CharField(max_length=200)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('opens_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('released_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['position', 'due_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Course',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(unique=True)),
                ('code', models.CharField(max_length=32)),
                ('title', models.CharField(max_length=200)),
                ('timezone', models.CharField(max_length=64)),
                ('late_policy', models.JSONField()),
                ('weights', models.JSONField(default=list)),
            ],
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('email', models.EmailField(max_length=254, unique=True, verbose_name='e-mail address')),
                ('name', models.CharField(max_length=200)),
                ('is_active', models.BooleanField(default=True)),
                ('joined_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
        ),
        migrations.CreateModel(
            name='AssignmentVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64)),
                ('spec', models.JSONField()),
                ('points', models.DecimalField(decimal_places=2, max_digits=7)),
                ('statement', models.TextField(blank=True)),
                ('folder', models.CharField(max_length=200)),
                ('handout', models.CharField(max_length=200)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('assignment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='grader.assignment')),
                ('author', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddField(
            model_name='assignment',
            name='version',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='grader.assignmentversion'),
        ),
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('action', models.CharField(max_length=64)),
                ('subject', models.CharField(max_length=100)),
                ('detail', models.JSONField(default=dict)),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL)),
                ('course', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='audit', to='grader.course')),
            ],
        ),
        migrations.AddField(
            model_name='assignment',
            name='course',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='assignments', to='grader.course'),
        ),
        migrations.CreateModel(
            name='GradingJob',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lane', models.CharField(choices=[('interactive', 'interactive'), ('bulk', 'bulk'), ('gpu', 'gpu')], default='interactive', max_length=16)),
                ('state', models.CharField(choices=[('queued', 'queued'), ('running', 'running'), ('done', 'done'), ('rejected', 'rejected'), ('fault', 'fault'), ('superseded', 'superseded')], default='queued', max_length=16)),
                ('attempt', models.PositiveSmallIntegerField(default=0)),
                ('not_before', models.DateTimeField(blank=True, null=True)),
                ('queued_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('rung_at', models.DateTimeField(blank=True, null=True)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('lease_owner', models.CharField(blank=True, max_length=100)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('verdict', models.CharField(blank=True, max_length=32)),
                ('reason', models.TextField(blank=True)),
                ('staff_detail', models.TextField(blank=True)),
                ('notices', models.JSONField(default=list)),
                ('receipt', models.JSONField(default=dict)),
                ('resources', models.JSONField(default=dict)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='jobs', to='grader.assignmentversion')),
            ],
        ),
        migrations.CreateModel(
            name='CheckResult',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('check_id', models.CharField(max_length=300)),
                ('title', models.CharField(max_length=500)),
                ('problem', models.CharField(max_length=100)),
                ('max_points', models.DecimalField(decimal_places=6, max_digits=12)),
                ('points', models.DecimalField(decimal_places=6, max_digits=12)),
                ('outcome', models.CharField(max_length=16)),
                ('visibility', models.CharField(max_length=32)),
                ('hint', models.TextField(blank=True)),
                ('message', models.TextField(blank=True)),
                ('output', models.TextField(blank=True)),
                ('traceback', models.TextField(blank=True)),
                ('seconds', models.FloatField(default=0.0)),
                ('job', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='results', to='grader.gradingjob')),
            ],
            options={
                'ordering': ['position'],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('student', 'student'), ('ta', 'ta'), ('instructor', 'instructor')], max_length=16)),
                ('student_number', models.CharField(blank=True, max_length=32)),
                ('active', models.BooleanField(default=True)),
                ('course', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='grader.course')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Score',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('raw', models.DecimalField(decimal_places=2, max_digits=7)),
                ('possible', models.DecimalField(decimal_places=2, max_digits=7)),
                ('due_at', models.DateTimeField()),
                ('late_days', models.PositiveIntegerField()),
                ('penalty', models.DecimalField(decimal_places=2, max_digits=7)),
                ('final', models.DecimalField(decimal_places=2, max_digits=7)),
                ('reason', models.CharField(max_length=500)),
                ('policy', models.JSONField()),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('job', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='scores', to='grader.gradingjob')),
            ],
        ),
        migrations.CreateModel(
            name='GradeEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('assignment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='grades', to='grader.assignment')),
                ('student', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='grades', to='grader.membership')),
                ('score', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='grader.score')),
            ],
        ),
        migrations.CreateModel(
            name='Section',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=64)),
                ('course', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sections', to='grader.course')),
            ],
        ),
        migrations.AddField(
            model_name='membership',
            name='section',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to='grader.section'),
        ),
        migrations.CreateModel(
            name='Extension',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('due_at', models.DateTimeField()),
                ('reason', models.CharField(max_length=500)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('assignment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='extensions', to='grader.assignment')),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL)),
                ('student', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to='grader.membership')),
                ('section', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to='grader.section')),
            ],
        ),
        migrations.CreateModel(
            name='Submission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('received_at', models.DateTimeField()),
                ('token', models.CharField(max_length=64)),
                ('notices', models.JSONField(default=list)),
                ('assignment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to='grader.assignment')),
                ('student', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to='grader.membership')),
            ],
            options={
                'ordering': ['-received_at', '-id'],
            },
        ),
        migrations.AddField(
            model_name='score',
            name='submission',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='scores', to='grader.submission'),
        ),
        migrations.AddField(
            model_name='gradingjob',
            name='submission',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='jobs', to='grader.submission'),
        ),
        migrations.CreateModel(
            name='SubmissionFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=1024)),
                ('sha256', models.CharField(max_length=64)),
                ('size', models.PositiveIntegerField()),
                ('submission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='files', to='grader.submission')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower('email'))), name='user_email_lower_case'),
        ),
        migrations.AddConstraint(
            model_name='assignmentversion',
            constraint=models.UniqueConstraint(fields=('assignment', 'digest'), name='version_once'),
        ),
        migrations.AddConstraint(
            model_name='assignmentversion',
            constraint=models.CheckConstraint(condition=models.Q(('points__gt', 0)), name='version_points_positive'),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(fields=['course', 'at'], name='grader_audi_course__3c1128_idx'),
        ),
        migrations.AddConstraint(
            model_name='assignment',
            constraint=models.UniqueConstraint(fields=('course', 'slug'), name='assignment_once_in_course'),
        ),
        migrations.AddConstraint(
            model_name='assignment',
            constraint=models.CheckConstraint(condition=models.Q(('opens_at__lt', models.F('due_at'))), name='assignment_opens_before_due'),
        ),
        migrations.AddConstraint(
            model_name='checkresult',
            constraint=models.UniqueConstraint(fields=('job', 'check_id'), name='result_once_per_check'),
        ),
        migrations.AddConstraint(
            model_name='checkresult',
            constraint=models.UniqueConstraint(fields=('job', 'position'), name='result_once_per_place'),
        ),
        migrations.AddConstraint(
            model_name='checkresult',
            constraint=models.CheckConstraint(condition=models.Q(('points__gte', 0), ('points__lte', models.F('max_points'))), name='result_points_within_check'),
        ),
        migrations.AddConstraint(
            model_name='gradeentry',
            constraint=models.UniqueConstraint(fields=('assignment', 'student'), name='grade_once'),
        ),
        migrations.AddConstraint(
            model_name='section',
            constraint=models.UniqueConstraint(fields=('course', 'name'), name='section_once_in_course'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('course', 'user'), name='membership_once_in_course'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['student', 'ta', 'instructor'])), name='membership_role_known'),
        ),
        migrations.AddConstraint(
            model_name='extension',
            constraint=models.CheckConstraint(condition=models.Q(('student__isnull', True), ('section__isnull', True), _connector='OR'), name='extension_for_student_or_section'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(fields=['assignment', 'student', 'received_at'], name='grader_subm_assignm_48abe1_idx'),
        ),
        migrations.AddConstraint(
            model_name='submission',
            constraint=models.UniqueConstraint(fields=('student', 'token'), name='submission_once_per_form'),
        ),
        migrations.AddConstraint(
            model_name='score',
            constraint=models.CheckConstraint(condition=models.Q(('final__gte', 0), ('final__lte', models.F('raw')), ('penalty__gte', 0)), name='score_final_within_raw'),
        ),
        migrations.AddConstraint(
            model_name='score',
            constraint=models.CheckConstraint(condition=models.Q(('late_days__gt', 0), ('penalty', 0), _connector='OR'), name='score_on_time_costs_nothing'),
        ),
        migrations.AddIndex(
            model_name='gradingjob',
            index=models.Index(fields=['lane', 'state', 'queued_at'], name='grader_grad_lane_8caf67_idx'),
        ),
        migrations.AddIndex(
            model_name='gradingjob',
            index=models.Index(fields=['state', 'finished_at'], name='grader_grad_state_a4b024_idx'),
        ),
        migrations.AddConstraint(
            model_name='gradingjob',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['queued', 'running'])), fields=('submission', 'version'), name='job_one_active_per_submission'),
        ),
        migrations.AddConstraint(
            model_name='gradingjob',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['queued', 'running', 'done', 'rejected', 'fault', 'superseded'])), name='job_state_known'),
        ),
        migrations.AddConstraint(
            model_name='gradingjob',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('lease_until__isnull', False), ('state', 'running')), models.Q(models.Q(('state', 'running'), _negated=True), ('lease_until__isnull', True)), _connector='OR'), name='job_leased_while_running'),
        ),
        migrations.AddConstraint(
            model_name='gradingjob',
            constraint=models.CheckConstraint(condition=models.Q(('attempt__lte', 3)), name='job_attempts_bounded'),
        ),
        migrations.AddConstraint(
            model_name='gradingjob',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'done'), ('verdict', 'graded')), models.Q(('state', 'rejected'), ('verdict', 'rejected')), models.Q(('state__in', ['done', 'rejected']), _negated=True), _connector='OR'), name='job_verdict_when_reported'),
        ),
        migrations.AddConstraint(
            model_name='gradingjob',
            constraint=models.CheckConstraint(condition=models.Q(('started_at__isnull', True), ('finished_at__isnull', True), ('finished_at__gte', models.F('started_at')), _connector='OR'), name='job_finishes_after_start'),
        ),
        migrations.AddConstraint(
            model_name='submissionfile',
            constraint=models.UniqueConstraint(fields=('submission', 'name'), name='file_once_in_submission'),
        ),
    ]
