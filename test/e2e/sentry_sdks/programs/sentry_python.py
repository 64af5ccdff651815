"""Throws, as an application would, and has sentry-sdk report it. The argument says in which framework."""

import os
import sys

import sentry_sdk
from sentry_sdk import add_breadcrumb, set_extra, set_tag, set_user

import shop


def init(*integrations, **options):
    sentry_sdk.init(release="shop@1.2.3", environment="e2e", integrations=list(integrations), **options)
    scope()


def scope():
    set_user({"id": "7", "username": "ada"})
    set_tag("shop", "berlin")
    set_extra("password", os.environ["CANARY"])
    add_breadcrumb(category="cart", message="cart opened", data={"articles": 3})


def plain():
    init()
    for article in shop.ARTICLES:
        try:
            shop.order(article)
        except Exception as error:
            sentry_sdk.capture_exception(error)


def logging_handler():
    import logging

    init()
    for article in shop.ARTICLES:
        try:
            shop.order(article)
        except Exception:
            logging.getLogger("shop.orders").exception("order failed")


def each_request(open_url):
    for path in shop.PATHS:
        try:
            open_url(path)
        except (LookupError, TypeError):
            pass


def wsgi():
    from wsgiref.util import setup_testing_defaults

    from sentry_sdk.integrations.wsgi import SentryWsgiMiddleware

    init()

    def application(environ, start_response):
        scope()
        return shop.fail(environ["PATH_INFO"])

    middleware = SentryWsgiMiddleware(application)

    def open_url(path):
        environ = {"PATH_INFO": path, "QUERY_STRING": "page=2", "REMOTE_ADDR": "198.51.100.7"}
        setup_testing_defaults(environ)
        return list(middleware(environ, lambda *_: None))

    each_request(open_url)


def django():
    from sentry_sdk.integrations.django import DjangoIntegration

    init(DjangoIntegration())

    import django as package
    from django.conf import settings
    from django.test import Client
    from django.urls import path

    def view(request, **_):
        scope()
        return shop.fail(request.path)

    settings.configure(
        ALLOWED_HOSTS=["*"],
        SECRET_KEY="0",
        ROOT_URLCONF=type("urls", (), {"urlpatterns": [path("checkout/<int:article>", view), path("refund", view)]}),
        DEBUG=False,
    )
    package.setup()
    each_request(Client(raise_request_exception=False).get)


def flask():
    from flask import Flask, request

    from sentry_sdk.integrations.flask import FlaskIntegration

    init(FlaskIntegration())
    app = Flask("shop")

    @app.get("/checkout/<int:article>")
    @app.get("/refund", endpoint="refund")
    def order(**_):
        scope()
        return shop.fail(request.path)

    each_request(app.test_client().get)


def celery():
    from sentry_sdk.integrations.celery import CeleryIntegration

    init(CeleryIntegration())

    from celery import Celery
    from celery.contrib.testing.worker import start_worker

    app = Celery("shop", broker="memory://", backend="cache+memory://")

    @app.task(name="shop.order")
    def order(path):
        scope()
        return shop.fail(path)

    def run(path):
        order.delay(path).get(timeout=20)

    with start_worker(app, perform_ping_check=False, pool="solo"):
        each_request(run)


def pyramid():
    from pyramid.config import Configurator
    from webob import Request

    from sentry_sdk.integrations.pyramid import PyramidIntegration

    init(PyramidIntegration())

    def order(request):
        scope()
        return shop.fail(request.path)

    with Configurator() as config:
        config.add_route("checkout", "/checkout/{article}")
        config.add_route("refund", "/refund")
        config.add_view(order, route_name="checkout")
        config.add_view(order, route_name="refund")
        app = config.make_wsgi_app()
    each_request(lambda path: Request.blank(path).get_response(app))


globals()[sys.argv[1]]()
sentry_sdk.flush(timeout=10)
