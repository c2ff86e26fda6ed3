"""Photograph pages of the built site with a headless browser, for a look at what a reader sees.

    make site && python tools/screenshots.py build/screenshots [--browser chromium]

Writes the start page, a guide, an API page, the page with the trace and the one of the command as PNG.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "build" / "site"
PAGES = {
    "start": "index.html",
    "guide": "langchain.html",
    "api": "api/langchain.html",
    "trace": "observability.html",
    "command": "cli.html",
}
SWITCHES = ("--headless", "--disable-gpu", "--no-sandbox", "--hide-scrollbars", "--virtual-time-budget=5000")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


class Quiet(SimpleHTTPRequestHandler):
    """Serves the site and logs nothing."""

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def main() -> None:
    """Photograph each page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--browser", help="a Chromium; by default the first one on the path")
    options = parser.parse_args()
    browser = options.browser or next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        sys.exit(f"Found no browser; expected one of {', '.join(BROWSERS)} on the path. Name one with --browser.")
    if not SITE.is_dir():
        sys.exit(f"There is no {SITE.relative_to(ROOT)}. Run `make site` first.")
    options.folder.mkdir(parents=True, exist_ok=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(SITE)))  # the search needs a server
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name, page in PAGES.items():
        picture = (options.folder / f"{name}.png").resolve()
        size = "1280,2300" if name == "trace" else "1280,900"
        command = [browser, *SWITCHES, f"--window-size={size}", f"--screenshot={picture}"]
        subprocess.run([*command, f"http://127.0.0.1:{server.server_port}/{page}"], check=True, capture_output=True)
        print(picture)


if __name__ == "__main__":
    main()
