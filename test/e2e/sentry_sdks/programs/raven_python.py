"""As sentry_python.py, with the client that came before it."""

import os
import sys

from raven import Client

import shop

# It gives up after a second by itself and sends nothing again; a busy machine may take longer.
DSN = os.environ["SENTRY_DSN"] + "?timeout=30"
OPTIONS = {"release": "shop@1.2.3", "environment": "e2e"}


def client(**options):
    return Client(DSN, **OPTIONS, **options)


def scope(raven):
    # As frameworks do for each request. Without it raven passes over an exception whose memory was that of
    # one it has reported: it knows those by their id().
    raven.context.clear()
    raven.context.activate()
    raven.user_context({"id": "7", "username": "ada"})
    raven.tags_context({"shop": "berlin"})
    raven.extra_context({"password": os.environ["CANARY"]})
    raven.context.breadcrumbs.record(category="cart", message="cart opened", data={"articles": 3})


def plain():
    raven = client()
    for article in shop.ARTICLES:
        scope(raven)
        try:
            shop.order(article)
        except Exception:
            raven.captureException()


def logging_handler():
    import logging

    from raven.handlers.logging import SentryHandler

    raven = client()
    log = logging.getLogger("shop.orders")
    log.addHandler(SentryHandler(raven))
    for article in shop.ARTICLES:
        scope(raven)
        try:
            shop.order(article)
        except Exception:
            log.exception("order failed")


def each_request(open_url):
    for path in shop.PATHS:
        try:
            open_url(path)
        except (LookupError, TypeError):
            pass


def open_wsgi(application):
    from wsgiref.util import setup_testing_defaults

    def open_url(path):
        environ = {"PATH_INFO": path, "QUERY_STRING": "page=2", "REMOTE_ADDR": "198.51.100.7"}
        setup_testing_defaults(environ)
        return list(application(environ, lambda *_: None))

    return open_url


def wsgi():
    from raven.middleware import Sentry

    raven = client()

    def application(environ, start_response):
        scope(raven)
        return shop.fail(environ["PATH_INFO"])

    each_request(open_wsgi(Sentry(application, raven)))


def django():
    import django as package
    from django.conf import settings
    from django.urls import path

    def view(request, **_):
        from raven.contrib.django.models import client as raven

        scope(raven)
        return shop.fail(request.path)

    settings.configure(
        ALLOWED_HOSTS=["*"],
        SECRET_KEY="0",
        INSTALLED_APPS=["raven.contrib.django.raven_compat"],
        MIDDLEWARE=["raven.contrib.django.middleware.SentryMiddleware"],
        RAVEN_CONFIG={"dsn": DSN, **OPTIONS},
        ROOT_URLCONF=type("urls", (), {"urlpatterns": [path("checkout/<int:article>", view), path("refund", view)]}),
        DEBUG=False,
    )
    package.setup()
    from django.test import Client

    each_request(Client().get)


def flask():
    from flask import Flask, request
    from raven.contrib.flask import Sentry

    app = Flask("shop")
    app.config["SENTRY_CONFIG"] = OPTIONS
    sentry = Sentry(app, dsn=DSN)

    @app.route("/checkout/<int:article>")
    @app.route("/refund", endpoint="refund")
    def order(**_):
        scope(sentry.client)
        return shop.fail(request.path)

    each_request(app.test_client().get)


def celery():
    from celery import Celery
    from celery.contrib.testing.worker import start_worker
    from raven.contrib.celery import register_logger_signal, register_signal

    raven = client()
    register_logger_signal(raven)
    register_signal(raven)
    app = Celery("shop", broker="memory://", backend="cache+memory://")

    @app.task(name="shop.order")
    def order(path):
        scope(raven)
        return shop.fail(path)

    with start_worker(app, perform_ping_check=False, pool="solo"):
        each_request(lambda path: order.delay(path).get(timeout=20))


def pyramid():
    from pyramid.config import Configurator
    from raven.middleware import Sentry

    raven = client()

    def order(request):
        scope(raven)
        return shop.fail(request.path)

    with Configurator() as config:
        config.add_route("checkout", "/checkout/{article}")
        config.add_route("refund", "/refund")
        config.add_view(order, route_name="checkout")
        config.add_view(order, route_name="refund")
        app = config.make_wsgi_app()
    each_request(open_wsgi(Sentry(app, raven)))


globals()[sys.argv[1]]()
