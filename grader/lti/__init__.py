"""Learning management systems by LTI 1.3: keys, registration, launches, deep links, accounts."""
