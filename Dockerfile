# Two stages: the first compiles and installs, the second holds what runs and nothing to build with.
#   docker build --tag cascade-detector:0.1.0 .
#   docker run --rm --read-only --tmpfs /tmp cascade-detector:0.1.0 demo

# The tag says what it is, the digest (of the index of all platforms) that it stays so.
FROM python:3.13.15-slim-trixie@sha256:ffb752e139c0a19692a43af8d8523b274222dd68eebad5d583b45c2201c6e30a AS build

# The compiler of the kernel is gone in the second stage: whichever the distribution has now is right.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /source

# A layer of their own: dependencies change more seldom than the sources.
COPY requirements-kafka.lock ./
RUN python -m venv /opt/cascade \
    && /opt/cascade/bin/pip install --no-cache-dir --require-hashes --requirement requirements-kafka.lock

COPY pyproject.toml setup.py README.md LICENSE ./
COPY schemas ./schemas
COPY producers ./producers
COPY detector ./detector

# A kernel that was not compiled would work and be forty times slower: better no image. What builds is removed last.
RUN /opt/cascade/bin/pip install --no-cache-dir --no-deps --no-index --no-build-isolation . \
    && /opt/cascade/bin/python -I -c "import detector.kernel; assert detector.kernel.COMPILED" \
    && /opt/cascade/bin/pip uninstall --yes cython setuptools pip


FROM python:3.13.15-slim-trixie@sha256:ffb752e139c0a19692a43af8d8523b274222dd68eebad5d583b45c2201c6e30a

LABEL org.opencontainers.image.title="cascade-detector" \
      org.opencontainers.image.description="Radar of crypto liquidation cascades" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"

# A volume that is mounted here for the first time takes its owner from this folder.
RUN install --directory --owner=10001 --group=10001 /var/lib/cascade /var/lib/cascade/spool /var/lib/cascade/store

COPY --from=build /opt/cascade /opt/cascade

# Nothing is written but to /tmp, to the spool, to the store, and where a command is told to.
ENV PATH="/opt/cascade/bin:$PATH" \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CASCADE_ALIVE_FILE=/tmp/alive \
    MPLCONFIGDIR=/tmp/matplotlib

WORKDIR /var/lib/cascade
USER 10001:10001

# `produce`, `detect` and `notify` keep that file new; a command that ends by itself is not asked.
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --retries=3 CMD ["cascade", "alive"]

ENTRYPOINT ["cascade"]
CMD ["--help"]
