"""A Sphinx extension: code in prose that is a public name becomes a link to the API reference, as in nbdev."""

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from reference import PACKAGE, package_modules, targets
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

INSIDE = (nodes.title, nodes.reference, addnodes.pending_xref, addnodes.desc_signature, nodes.term)


def is_name(text: str) -> bool:
    """Whether code is more than a word that may also be an argument's: `ExpertUpdater`, `f1_score`, `judge()`."""
    return text.endswith("()") or "_" in text.strip("_") or any(c.isupper() for c in text)


class NameLinks(SphinxTransform):
    """Links from names to the objects that they mean."""

    default_priority = 450

    def apply(self, **kwargs: Any) -> None:
        """Wrap each name in a reference, which Sphinx resolves."""
        known: dict[str, list[str]] = self.config.api_targets
        here = re.sub(r"^\d+_", "", self.env.docname.split("/")[-1])  # page 02_router and page api/router: module router
        for node in list(self.document.findall(nodes.literal)):
            text = node.astext()
            found = known.get(text.removesuffix("()"), []) if is_name(text) else []
            nearest = [full for full in found if full.startswith(f"{PACKAGE}.{here}.")]
            # of several that no module decides between, the code around it would have to tell which is meant
            choice = nearest or found if len(found) < 2 else nearest
            ancestor: Any = node
            while ancestor is not None and not isinstance(ancestor, INSIDE):
                ancestor = ancestor.parent
            if not choice or ancestor is not None:
                continue
            link = addnodes.pending_xref(
                "", refdomain="py", reftype="obj", reftarget=choice[0], refexplicit=True, refwarn=True
            )
            link["refdoc"] = self.env.docname
            node.replace_self(link)
            link += node


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the transform."""
    modules = package_modules(Path(app.confdir).parent / PACKAGE)
    app.add_config_value("api_targets", targets(modules.values()), "env", dict)
    app.add_transform(NameLinks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
