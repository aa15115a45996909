"""A contract for import-linter that reads like the table of rooms: who may know what.

Import-linter's own contracts list what is forbidden, and a list of what is forbidden forgets the
package that nobody has thought of yet. This one lists what is allowed: the standard library and
the room's own modules always, and beside them only what `may_know` names.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

Violation = tuple[str, str, tuple[int, ...]]


def within(module: str, packages: Iterable[str]) -> bool:
    """Whether `module` is one of `packages` or lies inside one."""
    return any(module == package or module.startswith(f"{package}.") for package in packages)


class MayKnow(Contract):
    """Fails for each import of a package that the room is not allowed to know."""

    type_name = "may_know"

    modules = fields.ListField(subfield=fields.StringField())
    """The room: modules, with everything inside them."""
    may_know = fields.ListField(subfield=fields.StringField(), required=False, default=[])
    apart_from = fields.ListField(subfield=fields.StringField(), required=False, default=[])
    """Modules inside the room that have a contract of their own. The room does not know them."""

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Compare each import of the room with what it may know."""
        room = cast("list[str]", self.modules)
        allowed = cast("list[str]", self.may_know)
        apart = cast("list[str]", self.apart_from)
        missing = sorted({*room, *apart} - graph.modules)
        violations: list[Violation] = []
        for importer in sorted(graph.modules):
            if not within(importer, room) or within(importer, apart):
                continue
            for imported in sorted(graph.find_modules_directly_imported_by(importer)):
                own = within(imported, room) and not within(imported, apart)
                if own or within(imported, allowed) or imported in sys.stdlib_module_names:
                    continue
                details = graph.get_import_details(importer=importer, imported=imported)
                lines = tuple(detail["line_number"] for detail in details)
                violations.append((importer, imported, lines))
        return ContractCheck(
            kept=not violations and not missing,
            metadata={"violations": violations, "missing": missing},
        )

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print each import that is not allowed, with its lines."""
        for module in check.metadata["missing"]:
            output.print_error(f"- the contract names {module}, which does not exist")
        for importer, imported, lines in check.metadata["violations"]:
            places = ", ".join(str(line) for line in lines)
            output.print_error(f"- {importer} -> {imported} (l.{places})")
        output.new_line()
