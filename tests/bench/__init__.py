"""Measurements. They report; they assert nothing."""
