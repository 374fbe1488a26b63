# The production image: the wheel of the four packages and its locked dependencies, nothing else.
#
#   docker build --tag gate .
#   docker build --tag gate --secret id=pip,src=pip.conf .    # behind a package mirror
#
# The mock identity providers cannot be in here: they are neither in the build context nor in the wheel.
ARG BASE=python:3.13-slim-bookworm

# ------------------------------------------------------------------------------------------------------------- build
FROM ${BASE} AS build
WORKDIR /build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1

RUN python -m venv /opt/gate && python -m venv /opt/build
COPY requirements/run.txt requirements/dev.txt requirements/
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    /opt/gate/bin/pip install --require-hashes --only-binary :all: --no-deps -r requirements/run.txt

# The build backend is locked too; its few packages are taken out of the test environment's lock.
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    awk '/^[^ ]/ { wanted = /^(hatchling|packaging|pathspec|pluggy|trove-classifiers)==/ } wanted' requirements/dev.txt \
      > requirements/build.txt \
    && /opt/build/bin/pip install --require-hashes --only-binary :all: --no-deps -r requirements/build.txt

COPY . .
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --no-index --wheel-dir dist . \
    && /opt/gate/bin/pip install --no-deps --no-index dist/*.whl \
    && /opt/gate/bin/pip uninstall --yes pip

# ------------------------------------------------------------------------------------------------------------- final
FROM ${BASE}
LABEL org.opencontainers.image.title="gba-identity-gateway" org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/gate /opt/gate
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /var/lib/gate --shell /usr/sbin/nologin gate \
    && install -d -o gate -g gate -m 0700 /var/lib/gate

# Four generic package names: make sure that they are ours and only ours, and that nothing of the mocks came along.
WORKDIR /
RUN /opt/gate/bin/python -c 'import importlib.metadata as m, importlib.util as u; \
owners = m.packages_distributions(); \
ours = {name: set(owners[name]) for name in ("gateway", "providers", "mapping", "certs")}; \
assert all(value == {"gba-identity-gateway"} for value in ours.values()), ours; \
strays = [name for name in ("mock_idps", "tests", "jose", "pytest") if u.find_spec(name)]; \
assert not strays, strays'

ENV PATH=/opt/gate/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    GATE_CONFIG=/etc/gate/gate.toml \
    GATE_HEALTH_URL=http://127.0.0.1:8000/livez
USER 10001:10001
WORKDIR /var/lib/gate
VOLUME /var/lib/gate
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=3s --start-period=10s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(os.environ['GATE_HEALTH_URL'], timeout=2)"]
CMD ["gate", "serve"]
