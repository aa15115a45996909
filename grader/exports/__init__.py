"""Files out: grades for other systems, what was handed in, and what is held of a person.

Everything is made on the way to the reader, a part at a time. Text that people wrote is kept from
being a formula in a spreadsheet, or a path on a disk.
"""
