"""What templates may say beside Django's own words: `{% load sandglass %}`."""
