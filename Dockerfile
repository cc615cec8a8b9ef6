# prefdata in a container, with the core alone or with extras; see docs/install.md:
#     git archive HEAD | docker build -t prefdata -
#     git archive HEAD | docker build -t prefdata --build-arg 'EXTRAS=[hub]' -
FROM python:3.12-slim AS wheel
COPY . /src
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels /src

FROM python:3.12-slim
ARG EXTRAS=
COPY --from=wheel /wheels /wheels
COPY constraints.txt /wheels/
RUN pip install --no-cache-dir -c /wheels/constraints.txt "$(ls /wheels/*.whl)$EXTRAS" \
    && rm -r /wheels
# caches go here, whoever `docker run --user` names
ENV HOME=/tmp
USER nobody
WORKDIR /data
ENTRYPOINT ["prefdata"]
