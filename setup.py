"""Packaging: everything comes from settings.ini, which nbdev reads too."""

from configparser import ConfigParser
from pathlib import Path

from setuptools import find_packages, setup

root = Path(__file__).parent
ini = ConfigParser()
ini.read(root / "settings.ini", encoding="utf-8")
cfg = ini["DEFAULT"]
package = cfg["lib_name"]
extras = {name: cfg[f"{name}_requirements"].split() for name in ("pdf", "serve", "analysis")}

setup(
    name=package,
    version=cfg["version"],
    description=cfg["description"],
    long_description=(root / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    author=cfg["author"],
    author_email=cfg["author_email"],
    url=cfg["git_url"],
    license={"apache2": "Apache-2.0"}[cfg["license"]],
    keywords=cfg["keywords"],
    python_requires=f">={cfg['min_python']}",
    packages=find_packages(include=[package, f"{package}.*"]),
    package_data={package: ["py.typed", "serve.html", "document.html", "report.html"]},
    install_requires=cfg["requirements"].split(),
    extras_require={**extras, "dev": [*cfg["dev_requirements"].split(), *(x for extra in extras.values() for x in extra)]},
    # nbdev finds the index of documented names of every installed nbdev package through this group.
    entry_points={
        "nbdev": [f"{package}={package}._modidx:d"],
        "console_scripts": [
            f"gmmxlnet={package}.command:main", f"gmmxlnet-train={package}.command:train_main",
            f"gmmxlnet-runs={package}.command:runs_main",
        ],
    },
)
