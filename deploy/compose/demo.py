"""Serves the issuer and the demo partner to other containers: `python -m deploy.compose.demo issuer|partner`.

The same applications as on a developer's machine, on all interfaces of their container. For demo and tests only.
"""

import argparse

from aiohttp import web

from deploy.local import issuer, partner

EVERYWHERE = "0.0.0.0"  # noqa: S104 - a container's own network


def main() -> None:
    """Serves until it is told to end."""
    parser = argparse.ArgumentParser(prog="python -m deploy.compose.demo", description=__doc__)
    parser.add_argument("role", choices=("issuer", "partner"))
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--url", help="of the issuer, as services and tokens name it")
    parser.add_argument("--site", default="DON")
    arguments = parser.parse_args()
    if arguments.role == "issuer":
        app = issuer.create_app(issuer.Issuer(arguments.url, arguments.site))
    else:
        app = partner.create_app(partner.Partner())
    web.run_app(app, host=EVERYWHERE, port=arguments.port, print=None, access_log=None)


if __name__ == "__main__":
    main()
