"""What a launch said is kept beside its login, a platform may register itself once when invited, and shows us where it says."""


import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('grader', '0007_lti'),
    ]

    operations = [
        migrations.AddField(
            model_name='ltilogin',
            name='asked',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='ltilogin',
            name='launch',
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='ltiplatform',
            name='frame_origins',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.CreateModel(
            name='LtiInvitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('name', models.CharField(blank=True, max_length=200)),
                ('expires_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(blank=True, null=True)),
                ('platform', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to='grader.ltiplatform')),
            ],
        ),
    ]
