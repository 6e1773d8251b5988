# syntax=docker/dockerfile:1
# One file for all:  docker build --build-arg SERVICE=placement -t inserre/placement .
#                    docker build --target local -t inserre/local .      issuer and demo partner, never for a real site

FROM python:3.11-slim-bookworm AS base
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin inserre
WORKDIR /app


FROM base AS local
COPY requirements/ requirements/
# The partner's library is no dependency of the platform: its lines come from the file that has everything.
RUN --mount=type=cache,target=/root/.cache/pip \
    sed -n '/^standardwebhooks==/,/[^\\]$/p' requirements/all.txt > requirements/local.txt \
 && pip install --require-hashes -r requirements/notifications.txt -r requirements/local.txt
COPY deploy/ deploy/
RUN python -c "import deploy.compose.demo"
USER 10001
ENTRYPOINT ["python", "-m", "deploy.compose.demo"]


FROM base AS service
ARG SERVICE
COPY requirements/${SERVICE}.txt requirements.txt
RUN --mount=type=cache,target=/root/.cache/pip pip install --require-hashes -r requirements.txt
COPY shared/ shared/
COPY services/__init__.py services/
COPY services/${SERVICE}/ services/${SERVICE}/
# Proof that the service's own list of dependencies is complete; main imports the rest only inside its commands.
RUN python -c "import services.${SERVICE}.main, services.${SERVICE}.api, services.${SERVICE}.consumers" \
 && python -c "import shared.web, shared.messaging.serve, shared.messaging.commands" \
 && python -m compileall -q shared services
ENV SERVICE=${SERVICE}
# A volume that is mounted here for the first time belongs to whom this belongs.
RUN install -d -o inserre -g inserre -m 0700 /var/lib/inserre/sheets
USER 10001
# The shell replaces itself: signals reach the service.
ENTRYPOINT ["/bin/sh", "-c", "exec python -m services.$SERVICE \"$@\"", "--"]
CMD ["api"]
