# The service: web, workers and the clock, one image for all of them. `make service` builds it; the
# wheels come in the context, so no step needs a network. There is no torch here: what imports it
# runs in the sandboxes' own images.
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS environment
COPY build/wheels /wheels
RUN python3 -m venv /opt/sandglass/venv \
 && /opt/sandglass/venv/bin/python -m pip install --no-index --find-links /wheels --no-compile \
        --no-cache-dir --disable-pip-version-check -r /wheels/requirements.txt \
 && /opt/sandglass/venv/bin/python -m pip uninstall --yes --quiet pip setuptools
# The root is read-only at run time: what is not compiled now is compiled anew at every start.
RUN /opt/sandglass/venv/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash \
        /opt/sandglass/venv/lib

FROM ${BASE}
ENV PATH=/opt/sandglass/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    DJANGO_SETTINGS_MODULE=grader.settings \
    SANDGLASS_DATA=/data \
    SANDGLASS_DEBUG=no
RUN echo 'sandglass:x:10001:10001::/tmp:/usr/sbin/nologin' >> /etc/passwd \
 && echo 'sandglass:x:10001:' >> /etc/group \
 && find / -xdev -type f -perm /6000 -exec chmod a-s {} +
COPY --from=environment /opt/sandglass/venv /opt/sandglass/venv
WORKDIR /opt/sandglass/project
COPY manage.py ./
COPY assignments assignments
COPY runners runners
COPY grader grader
COPY web web
# The keys sign nothing here; they only let the settings be read. /data is a volume at run time and
# outlives this image, so it holds a link to the static files and not the files: each version of
# the service shows its own.
RUN export SANDGLASS_DATA=/opt/sandglass/built SANDGLASS_SECRET_KEY=none SANDGLASS_RECEIPT_KEY=none \
 && python -m compileall -q --invalidation-mode unchecked-hash . \
 && python manage.py check \
 && python -c 'import django; django.setup(); import grader.tasks, web.asgi' \
 && python manage.py collectstatic --noinput \
 && mkdir /data && ln -s /opt/sandglass/built/static /data/static \
 && chown sandglass:sandglass /data
USER sandglass
EXPOSE 8000
CMD ["uvicorn", "web.asgi:application", "--host", "0.0.0.0", "--port", "8000"]
