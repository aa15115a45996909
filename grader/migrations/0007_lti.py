"""Platforms that launch us by LTI, their courses, people and columns, and the outbox."""

from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("grader", "0006_gradebook")]
    operations = [
        migrations.CreateModel(
            name='LineItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('url', models.URLField(max_length=1000)),
                ('gone_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='LtiAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject', models.CharField(max_length=255)),
                ('linked_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name='LtiContext',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('context_id', models.CharField(max_length=255)),
                ('title', models.CharField(blank=True, max_length=500)),
                ('line_items_url', models.URLField(blank=True, max_length=1000)),
                ('memberships_url', models.URLField(blank=True, max_length=1000)),
                ('scopes', models.JSONField(default=list)),
            ],
        ),
        migrations.CreateModel(
            name='LtiDeployment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('deployment_id', models.CharField(max_length=255)),
            ],
        ),
        migrations.CreateModel(
            name='LtiKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kid', models.CharField(max_length=64, unique=True)),
                ('sealed', models.TextField()),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('retires_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='LtiLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('resource_link_id', models.CharField(max_length=255)),
            ],
        ),
        migrations.CreateModel(
            name='LtiLogin',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(max_length=64, unique=True)),
                ('nonce', models.CharField(max_length=64, unique=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('used_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='LtiPlatform',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('issuer', models.CharField(max_length=255)),
                ('client_id', models.CharField(max_length=255)),
                ('auth_url', models.URLField(max_length=500)),
                ('token_url', models.URLField(max_length=500)),
                ('jwks_url', models.URLField(max_length=500)),
                ('token_audience', models.CharField(blank=True, max_length=500)),
                ('dialect', models.CharField(choices=[('canvas', 'Canvas'), ('moodle', 'Moodle'), ('plain', 'the standard alone')], default='plain', max_length=16)),
                ('active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name='Passback',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('sent', 'sent'), ('superseded', 'superseded'), ('parked', 'parked')], default='waiting', max_length=16)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('next_at', models.DateTimeField(blank=True, null=True)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('timestamp', models.DateTimeField(blank=True, null=True)),
                ('points', models.DecimalField(blank=True, decimal_places=2, max_digits=7, null=True)),
                ('comment', models.TextField(blank=True)),
                ('answer', models.TextField(blank=True)),
            ],
        ),
        migrations.AddField(
            model_name='lineitem',
            name='assignment',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='line_items', to='grader.assignment'),
        ),
        migrations.AddField(
            model_name='lineitem',
            name='exam',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='line_items', to='grader.exam'),
        ),
        migrations.AddField(
            model_name='ltiaccount',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lti_accounts', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='lticontext',
            name='course',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='lti_contexts', to='grader.course'),
        ),
        migrations.AddField(
            model_name='lineitem',
            name='context',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='line_items', to='grader.lticontext'),
        ),
        migrations.AddField(
            model_name='lticontext',
            name='deployment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='contexts', to='grader.ltideployment'),
        ),
        migrations.AddField(
            model_name='ltilink',
            name='assignment',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='lti_links', to='grader.assignment'),
        ),
        migrations.AddField(
            model_name='ltilink',
            name='context',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links', to='grader.lticontext'),
        ),
        migrations.AddConstraint(
            model_name='ltiplatform',
            constraint=models.UniqueConstraint(fields=('issuer', 'client_id'), name='lti_platform_once'),
        ),
        migrations.AddField(
            model_name='ltilogin',
            name='platform',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='grader.ltiplatform'),
        ),
        migrations.AddField(
            model_name='ltideployment',
            name='platform',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deployments', to='grader.ltiplatform'),
        ),
        migrations.AddField(
            model_name='ltiaccount',
            name='platform',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='accounts', to='grader.ltiplatform'),
        ),
        migrations.AddField(
            model_name='passback',
            name='line_item',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='passbacks', to='grader.lineitem'),
        ),
        migrations.AddField(
            model_name='passback',
            name='student',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='passbacks', to='grader.membership'),
        ),
        migrations.AddConstraint(
            model_name='lineitem',
            constraint=models.UniqueConstraint(fields=('context', 'url'), name='line_item_once'),
        ),
        migrations.AddConstraint(
            model_name='lineitem',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('assignment__isnull', True), ('exam__isnull', False)), models.Q(('assignment__isnull', False), ('exam__isnull', True)), _connector='OR'), name='line_item_of_one_column'),
        ),
        migrations.AddConstraint(
            model_name='lticontext',
            constraint=models.UniqueConstraint(fields=('deployment', 'context_id'), name='lti_context_once'),
        ),
        migrations.AddConstraint(
            model_name='ltilink',
            constraint=models.UniqueConstraint(fields=('context', 'resource_link_id'), name='lti_link_once'),
        ),
        migrations.AddIndex(
            model_name='ltilogin',
            index=models.Index(fields=['created_at'], name='grader_ltil_created_f25b92_idx'),
        ),
        migrations.AddConstraint(
            model_name='ltideployment',
            constraint=models.UniqueConstraint(fields=('platform', 'deployment_id'), name='lti_deployment_once'),
        ),
        migrations.AddConstraint(
            model_name='ltiaccount',
            constraint=models.UniqueConstraint(fields=('platform', 'subject'), name='lti_account_once'),
        ),
        migrations.AddIndex(
            model_name='passback',
            index=models.Index(fields=['state', 'next_at'], name='grader_pass_state_b05814_idx'),
        ),
        migrations.AddConstraint(
            model_name='passback',
            constraint=models.UniqueConstraint(fields=('line_item', 'student', 'version'), name='passback_once_for_each_version'),
        ),
    ]
