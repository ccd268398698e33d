# The service alone: it needs DATABASE_URL (and MIGRATION_DATABASE_URL to run `python -m app migrate`). It never seeds.
FROM python:3.13-slim AS build
WORKDIR /srv
RUN python -m venv /srv/.venv
COPY requirements.txt .
RUN /srv/.venv/bin/pip install --no-cache-dir --require-hashes --no-deps --only-binary :all: -r requirements.txt

FROM python:3.13-slim
# Not root, and owner of nothing here.
RUN useradd --system --uid 10001 --no-create-home care-month
WORKDIR /srv
COPY --from=build /srv/.venv /srv/.venv
COPY alembic.ini ./
COPY migrations migrations
COPY app app
ENV PATH=/srv/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    LOG_FORMAT=json
USER care-month
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=2)"]
CMD ["python", "-m", "app", "serve"]
