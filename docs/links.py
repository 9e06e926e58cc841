"""A Sphinx extension: code in prose that is a public name becomes a link to the API reference, as in nbdev."""

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from extras import social_tags
from reference import PACKAGE, package_modules, targets
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

INSIDE = (nodes.title, nodes.reference, addnodes.pending_xref, addnodes.desc_signature, nodes.term)


def is_name(text: str) -> bool:
    """Whether code is more than a word that may also be an argument's: `ExpertUpdater`, `f1_score`, `main()`."""
    return text.endswith("()") or "_" in text.strip("_") or any(c.isupper() for c in text)


def meant(text: str, known: dict[str, list[str]], module: str) -> str | None:
    """The object that a name means on the page of a module; None if it is no name, or one of several."""
    found = known.get(text.removesuffix("()"), []) if is_name(text) else []
    nearest = [full for full in found if full.startswith(f"{PACKAGE}.{module}.")]
    choice = nearest or found
    return choice[0] if len(choice) == 1 else None


class NameLinks(SphinxTransform):
    """Links from names to the objects that they mean."""

    default_priority = 450

    def link(self, name: str, target: str) -> addnodes.pending_xref:
        """A reference, which Sphinx resolves."""
        found = addnodes.pending_xref(
            "", refdomain="py", reftype="obj", reftarget=target, refexplicit=True, refwarn=True, refdoc=self.env.docname
        )
        found += nodes.inline(name, name)
        return found

    def apply(self, **kwargs: Any) -> None:
        """Put references in the place of names."""
        known: dict[str, list[str]] = self.config.api_targets
        # the pages 02_router, 02_router-2 and api/router belong to the module router
        here = re.sub(r"^\d+_|-\d+$", "", self.env.docname.split("/")[-1])
        for node in list(self.document.findall(nodes.literal)):
            ancestor: Any = node
            while ancestor is not None and not isinstance(ancestor, INSIDE):
                ancestor = ancestor.parent
            if ancestor is not None:
                continue
            text = node.astext()
            if target := meant(text, known, here):
                link = self.link(text, target)
                link.children = []
                node.replace_self(link)
                link += node
                continue
            # classes in a longer piece: `list[Document]`
            parts = re.split(r"(?<![\w.\"'])([A-Z]\w+)(?![\w\"'])", text)
            targets_of = [meant(part, known, here) if i % 2 else None for i, part in enumerate(parts)]
            if any(targets_of):
                node.children = []
                for part, target in zip(parts, targets_of, strict=True):
                    if part:
                        node += self.link(part, target) if target else nodes.Text(part)


def add_social_tags(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """What others show of a link to a page, where the site has an address."""
    if app.config.html_baseurl:
        about = str(app.config.site_about)
        tags = social_tags(app.config.html_baseurl, str(context.get("title", "")), about, f"{page}.html")
        context["metatags"] = f"{context.get('metatags', '')}\n{tags}"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the transform."""
    modules = package_modules(Path(app.confdir).parent / PACKAGE)
    app.add_config_value("api_targets", targets(modules.values()), "env", dict)
    app.add_config_value("site_about", "", "html", str)
    app.connect("html-page-context", add_social_tags)
    app.add_transform(NameLinks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
