"""Flask with an admin, users, server-side sessions and the debug toolbar."""

from __future__ import annotations

import sys

from cachelib.file import FileSystemCache
from flask import Flask, Response, flash, redirect, render_template_string, session
from flask_admin import Admin
from flask_admin.contrib.sqla import ModelView
from flask_debugtoolbar import DebugToolbarExtension
from flask_security import Security, SQLAlchemyUserDatastore, auth_required
from flask_security.models import fsqla_v3
from flask_session import Session
from flask_sqlalchemy import SQLAlchemy

PORT, FOLDER = sys.argv[1:]

app = Flask(__name__)
app.config.update(
    DEBUG=True,
    SECRET_KEY="not-a-secret",
    SQLALCHEMY_DATABASE_URI=f"sqlite:///{FOLDER}/site.db",
    SESSION_TYPE="cachelib",
    SESSION_CACHELIB=FileSystemCache(f"{FOLDER}/sessions"),
    SECURITY_PASSWORD_SALT="salt" * 5,
    SECURITY_REGISTERABLE=True,
    SECURITY_SEND_REGISTER_EMAIL=False,
    SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False},
    DEBUG_TB_INTERCEPT_REDIRECTS=False,
    WTF_CSRF_ENABLED=False,
)
db = SQLAlchemy(app)
fsqla_v3.FsModels.set_db_info(db)


class Role(db.Model, fsqla_v3.FsRoleMixin):
    pass


class User(db.Model, fsqla_v3.FsUserMixin):
    pass


class Item(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String)


Session(app)
DebugToolbarExtension(app)
Security(app, SQLAlchemyUserDatastore(db, User, Role))
Admin(app).add_view(ModelView(Item, db))
KEPT = Response("kept")


@app.get("/")
def home():
    session["visits"] = session.get("visits", 0) + 1
    return render_template_string("<html><body>{{ session.visits }} {{ get_flashed_messages() }}</body></html>")


@app.get("/flash")
def flashed():
    flash("bolts are back")
    return redirect("/")


@app.get("/secret")
@auth_required()
def secret():
    return "secret"


@app.get("/kept")
def kept():
    KEPT.headers["X-Kept"] = "1"
    return KEPT


if __name__ == "__main__":
    with app.app_context():
        db.create_all()
    app.run(port=int(PORT), use_reloader=False)
