"""Sphinx's configuration of the site; docs/make_site.py makes the pages first and then runs Sphinx."""

import sys
from configparser import ConfigParser
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from extras import base_address  # noqa: E402

_ini = ConfigParser()
_ini.read(HERE.parent / "settings.ini", encoding="utf-8")
_settings = _ini["DEFAULT"]

project = "GMM-XLNet"
author = _settings["author"]
project_copyright = author
site_about = _settings["description"]
version = release = _settings["version"]

extensions = ["myst_nb", "sphinx.ext.mathjax", "sphinx_copybutton", "links", "lexers"]
nitpicky = True
nb_execution_mode = "off"  # pages show what the notebooks have saved
nb_output_stderr = "remove"
nb_merge_streams = True
nb_mime_priority_overrides = [("html", "text/markdown", 0)]
myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]  # what Quarto reads too, boxes, and lists of chapters
myst_dmath_allow_space = False  # as Quarto has it
myst_dmath_allow_digits = False
myst_heading_anchors = 3
smartquotes = False  # quotation marks belong to values
python_maximum_signature_line_length = 88
toc_object_entries_show_parents = "hide"
add_module_names = False  # each page of the reference has one module

html_theme = "sphinx_book_theme"
html_title = "GMM-XLNet"
# The package sphinx-mathjax-offline has MathJax as files. Its extension is for serial builds: the files are enough.
_mathjax = find_spec("sphinx-mathjax-offline")
if _mathjax is None or not _mathjax.submodule_search_locations:
    raise ImportError("sphinx-mathjax-offline is missing: make install")
html_static_path = [str(HERE / "_static"), str(Path(_mathjax.submodule_search_locations[0]) / "static")]
mathjax_path = "mathjax/tex-chtml.js"
html_extra_path = [str(HERE.parent / "_proc" / "extra")]  # what make_site puts beside the pages
html_baseurl = base_address(_settings)  # of canonical links; nothing if doc_host is not set
html_css_files = ["site.css"]
html_js_files = [("search.js", {"defer": "defer"})]  # after Sphinx's own
html_show_sourcelink = False
html_copy_source = False
html_show_search_summary = False  # it is fetched, which browsers forbid to pages that are files
html_sidebars = {"search": ["navbar-logo.html", "sbt-sidebar-nav.html"]}  # the page itself has the box
html_show_copyright = False
html_show_sphinx = False
html_context = {"default_mode": "auto"}
html_theme_options = {
    "navbar_persistent": [],  # the sidebar has the search box
    "use_download_button": False,
    "use_fullscreen_button": False,
    "home_page_in_toc": True,
    "show_toc_level": 2,
    "toc_title": "On this page",
}
