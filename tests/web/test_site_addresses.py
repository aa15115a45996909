"""What mails lead to is where the pages are."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from grader.site_addresses import grades_page, submission_page


def test_they_are_the_webs_own(settings: Any) -> None:
    settings.SANDGLASS_SITE = "https://sandglass.example.edu"
    grades = reverse("grades", kwargs={"slug": "comp4551"})
    assert grades_page("comp4551") == f"https://sandglass.example.edu{grades}"
    submission = reverse("submission", kwargs={"pk": 12})
    assert submission_page(12) == f"https://sandglass.example.edu{submission}"
