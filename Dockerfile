# The service, its worker and its migrations: one image, three commands. It needs DATABASE_URL, and never seeds.
# Base images are pinned by tag: a digest can be read from a registry only, and none is at hand where this is written.
# Whoever needs the same bits every time pins the digest of what they pulled: --build-arg PYTHON_IMAGE=python@sha256:…
ARG PYTHON_IMAGE=python:3.13-slim-trixie

FROM ${PYTHON_IMAGE} AS build
WORKDIR /srv
RUN python -m venv /srv/.venv
COPY requirements.txt ./
RUN /srv/.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-cache-dir --require-hashes --no-deps --only-binary :all: -r requirements.txt \
    && /srv/.venv/bin/python -m pip check --disable-pip-version-check

FROM ${PYTHON_IMAGE}
# Not root, and owner of nothing here: it can run with a root file system that nobody can write to.
RUN useradd --system --uid 10001 --user-group --no-create-home care-month
WORKDIR /srv
COPY --from=build /srv/.venv /srv/.venv
COPY alembic.ini ./
COPY migrations migrations
COPY app app
# Now, since at run time nothing can be written.
RUN ["/srv/.venv/bin/python", "-m", "compileall", "-q", "app", "migrations"]
ENV PATH=/srv/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    LOG_FORMAT=json
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/healthz', timeout=2)"]
ENTRYPOINT ["python", "-m", "app"]
CMD ["serve"]
