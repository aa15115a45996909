"""`manage.py lti_platform`: learning management systems, registered without a browser."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from grader.lti import accounts, contexts, keys, platforms, registration
from grader.lti.tool import Tool
from grader.models import LtiAccount, LtiContext, LtiDeployment, LtiPlatform, User
from grader.models.lti import DIALECTS

_ADDRESSES = ("auth_url", "token_url", "jwks_url")


class Command(BaseCommand):
    """Exit 1 with a sentence where something is missing."""

    help = "Register learning management systems by LTI 1.3, and look after them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One word says what to do."""
        parser.add_argument(
            "--site", default="", help="our own address, as in https://grade.example.edu"
        )
        acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
        _add(acts.add_parser("add", help="register a platform, or change one"))
        acts.add_parser("list", help="all platforms")
        for name, words in (
            ("show", "one platform, and what its administrator has to enter"),
            ("deactivate", "take no launches of it any more; nothing is lost"),
            ("activate", "take its launches again"),
        ):
            acts.add_parser(name, help=words).add_argument("platform", type=int)
        deployment = acts.add_parser("deployment", help="let one more installation launch")
        deployment.add_argument("platform", type=int)
        deployment.add_argument("deployment_id")
        invite = acts.add_parser("invite", help="let a platform register itself, once")
        invite.add_argument("--name", default="", help="what people call the platform")
        unlink = acts.add_parser("unlink", help="forget who a person is on a platform")
        unlink.add_argument("platform", type=int)
        unlink.add_argument("email")
        undo = acts.add_parser("disconnect", help="a platform's course was connected wrongly")
        undo.add_argument("context", type=int, help="its number, as lti_platform show tells it")
        rotate = acts.add_parser("rotate-keys", help="sign by a new key from now on")
        rotate.add_argument(
            "--now", action="store_true", help="the old keys end at once: one was stolen"
        )

    def handle(self, *_words: Any, **options: Any) -> None:
        """Do what the word says."""
        act = getattr(self, "_" + options["act"].replace("-", "_"))
        try:
            act(options)
        except platforms.PlatformRefused as error:
            raise CommandError(str(error)) from error

    def _add(self, options: Mapping[str, Any]) -> None:
        told = {name: options[name] for name in ("issuer", *_ADDRESSES, "token_audience")}
        dialect, name = options["dialect"], options["name"]
        if options["openid_configuration"]:
            known = platforms.read_configuration(options["openid_configuration"])
            told = {name: told[name] or getattr(known, name) for name in told}
            dialect, name = dialect or known.dialect, name or known.name
        if missing := [name for name in ("issuer", *_ADDRESSES) if not told[name]]:
            words = ", ".join("--" + name.replace("_", "-") for name in missing)
            raise CommandError(f"Give {words}, or --openid-configuration, where they all stand.")
        facts = platforms.Facts(
            name=name or told["issuer"],
            client_id=options["client_id"],
            dialect=dialect or "plain",
            deployments=options["deployment"],
            frame_origins=options["frame_origin"],
            **told,
        )
        self._tell(platforms.add_platform(facts), options)

    def _list(self, _options: Mapping[str, Any]) -> None:
        rows = LtiPlatform.objects.order_by("pk")
        for row in rows:
            end = "" if row.active else ", switched off"
            self.stdout.write(f"{row.pk}  {row.name}: {row.issuer}, client {row.client_id}{end}")
        if not rows:
            self.stdout.write("No platform is registered.")

    def _show(self, options: Mapping[str, Any]) -> None:
        self._tell(_platform(options), options)

    def _deactivate(self, options: Mapping[str, Any]) -> None:
        platforms.switch(_platform(options), active=False)
        self.stdout.write("Its launches are refused from now on. Links and accounts are kept.")

    def _activate(self, options: Mapping[str, Any]) -> None:
        platforms.switch(_platform(options), active=True)
        self.stdout.write("Its launches are taken again.")

    def _deployment(self, options: Mapping[str, Any]) -> None:
        added = platforms.add_deployment(_platform(options), options["deployment_id"])
        self.stdout.write(f"The deployment {added.deployment_id} may launch.")

    def _invite(self, options: Mapping[str, Any]) -> None:
        word = registration.invite(name=options["name"], now=timezone.now())
        days = registration.GOOD_FOR.days
        self.stdout.write(
            f"{_site(options)}/lti/register?invitation={word}\n"
            f"Whoever has this address can register one platform, once, within {days} days. Give "
            "it to the platform's administrator alone, who enters it for dynamic registration."
        )

    def _unlink(self, options: Mapping[str, Any]) -> None:
        user = User.objects.filter(email=options["email"].strip().lower()).first()
        if user is None:
            raise CommandError(f"Nobody here has the address {options['email']!r}.")
        count = accounts.unlink(user, _platform(options))
        self.stdout.write(f"{count} links were removed." if count else "There was no link.")

    def _disconnect(self, options: Mapping[str, Any]) -> None:
        rows = LtiContext.objects.filter(pk=options["context"], course__isnull=False)
        context = rows.select_related("course", "deployment__platform").first()
        if context is None:
            raise CommandError(f"No connected course has the number {options['context']}.")
        contexts.disconnect(context, now=timezone.now())
        self.stdout.write(
            f"{context} is connected with no course now. What was sent there stays there; the next "
            "instructor who opens a link there is asked again."
        )

    def _rotate_keys(self, options: Mapping[str, Any]) -> None:
        key = keys.rotate(now=timezone.now(), at_once=options["now"])
        end = "ended at once" if options["now"] else "stay published for a week"
        self.stdout.write(f"The key {key.kid} signs from now on. The old ones {end}.")

    def _tell(self, platform: LtiPlatform, options: Mapping[str, Any]) -> None:
        tool = Tool(_site(options))
        rows = LtiDeployment.objects.filter(platform=platform).order_by("pk")
        known = ", ".join(rows.values_list("deployment_id", flat=True))
        rows_here = LtiContext.objects.filter(deployment__platform=platform, course__isnull=False)
        connected = [
            f"    {context.pk}  {context} is {context.course.slug}"
            for context in rows_here.select_related("course").order_by("pk")
            if context.course is not None
        ]
        accounts_here = LtiAccount.objects.filter(platform=platform).count()
        lines = [
            f"Platform {platform.pk}: {platform.name}" + ("" if platform.active else " (off)"),
            f"  issuer         {platform.issuer}",
            f"  client id      {platform.client_id}",
            f"  login sent to  {platform.auth_url}",
            f"  tokens from    {platform.token_url}",
            f"  its keys       {platform.jwks_url}",
            f"  ways of        {dict(DIALECTS)[platform.dialect]}",
            f"  deployments    {known or 'none: add one by lti_platform deployment'}",
            f"  in use         {len(connected)} courses connected, {accounts_here} people linked",
            *connected,
            "",
            "What the platform's administrator enters:",
            f"  login          {tool.login}",
            f"  launch         {tool.launch} (also the only redirect address)",
            f"  deep links     {tool.deep_link}",
            f"  keys           {tool.jwks}",
        ]
        if platform.dialect == "canvas":
            lines.append(f"  all of it      {tool.canvas} (a developer key by URL)")
        self.stdout.write("\n".join(lines))


def _add(parser: ArgumentParser) -> None:
    parser.add_argument("--name", default="", help="what people call it, as in HKUST Canvas")
    parser.add_argument("--issuer", default="")
    parser.add_argument("--client-id", required=True)
    parser.add_argument("--openid-configuration", default="", help="where all addresses stand")
    parser.add_argument("--auth-url", default="", help="where a login is sent to")
    parser.add_argument("--token-url", default="")
    parser.add_argument("--jwks-url", default="", help="its public keys")
    parser.add_argument("--token-audience", default="", help="if it is not the token's address")
    parser.add_argument("--deployment", action="append", default=[], help="may be repeated")
    parser.add_argument("--dialect", choices=list(dict(DIALECTS)), help="its ways")
    parser.add_argument(
        "--frame-origin", action="append", default=[], help="where it shows pages within its own"
    )


def _platform(options: Mapping[str, Any]) -> LtiPlatform:
    row = LtiPlatform.objects.filter(pk=options["platform"]).first()
    if row is None:
        raise CommandError(f"There is no platform {options['platform']}: see lti_platform list.")
    return row


def _site(options: Mapping[str, Any]) -> str:
    """Our own origin: as it was told, or as the site has it."""
    return str(options["site"] or settings.SANDGLASS_SITE).rstrip("/")
