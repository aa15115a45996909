"""Single sign-on: what the library does of it, as this site wants it; no page is the library's."""
