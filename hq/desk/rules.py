"""Rules and trust lists: drafted, checked, tried on yesterday, signed, published; and which station runs which."""

import json
from collections import Counter
from datetime import datetime, timedelta

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from checkpoint.errors import RulePackError
from checkpoint.policy import RulePack
from checkpoint.policy.pack_file import shipped_packs
from checkpoint.published import DocumentKind
from hq.desk.access import accounts, local_midnight, local_time, needs, office, person
from hq.desk.pages import part_of
from hq.people.accounts import Right
from hq.publishing.documents import (
    publish_revocations,
    publish_rules,
    publish_trust,
    published_documents,
    read_document,
    wanted_now,
)
from hq.publishing.drafts import (
    Draft,
    DraftError,
    drop_draft,
    effective,
    find_draft,
    keep_draft,
    list_drafts,
    read_pack,
)
from hq.publishing.dry_run import run_dry
from hq.publishing.running import who_runs_what
from hq.publishing.shipped import shipped_pack_text
from hq.publishing.trust import TrustCheck, TrustListError, check_trust_text

blueprint = Blueprint("rules", __name__)

SHOWN_FINDINGS = 20


@blueprint.get("/rules")
@needs(Right.SEE)
def page() -> str:
    """Show what is published, which station runs what, and the drafts."""
    return _show_all("")


@blueprint.post("/rules/drafts")
@needs(Right.PUBLISH)
def draft() -> ResponseReturnValue:
    """Begin a draft: from a file, from pasted text, from a published version or a shipped pack."""
    own, form = office(), request.form
    uploaded = request.files.get("file")
    kind = DocumentKind.TRUST if form.get("kind") == "trust" else DocumentKind.RULES
    try:
        if uploaded is not None and uploaded.filename:
            text = uploaded.read().decode("utf-8-sig")
        elif name := form.get("from", ""):
            text = _text_of(name)
        else:
            text = form.get("text", "")
        id_ = keep_draft(own.store, kind, text, by=person().name, now=own.now())
    except UnicodeDecodeError:
        return _show_all("not-text"), 422
    except DraftError as error:
        return _show_all(str(error)), 422
    return redirect(url_for("rules.one", id_=id_), code=303)


@blueprint.get("/rules/drafts/<id_>")
@needs(Right.SEE)
def one(id_: str) -> str:
    """Show a draft with its check."""
    return _show(_draft(id_))


@blueprint.post("/rules/drafts/<id_>")
@needs(Right.PUBLISH)
def change(id_: str) -> ResponseReturnValue:
    """Keep a changed draft and check it again."""
    own = office()
    known = _draft(id_)
    try:
        keep_draft(own.store, known.kind, request.form.get("text", ""), by=person().name, now=own.now(), id_=id_)
    except DraftError as error:
        return _show(known, problem=str(error)), 422
    return redirect(url_for("rules.one", id_=id_), code=303)


@blueprint.post("/rules/drafts/<id_>/dry-run")
@needs(Right.PUBLISH)
def try_on(id_: str) -> ResponseReturnValue:
    """Judge yesterday's decisions, or those of another span, again by the draft."""
    own = office()
    known = _draft(id_)
    midnight = local_midnight(own.now(), own.config.timezone)
    begins, ends = midnight - timedelta(days=1), midnight
    if request.form.get("span") == "today":
        begins, ends = midnight, own.now()
    try:
        _, pack = read_pack(known.text)
    except RulePackError:
        return _show(known), 422
    with own.store.reading() as db:
        result = run_dry(db, pack, begins, ends)
    accounts().note(person().name, "rules-dry-run", f"{pack.id}@{pack.version}")
    return _show(known, dry=result, begins=begins, ends=ends)


@blueprint.post("/rules/drafts/<id_>/publish")
@needs(Right.PUBLISH)
def publish(id_: str) -> ResponseReturnValue:
    """Sign a draft and hand it to every station, in force from the time given."""
    own = office()
    known = _draft(id_)
    from_when = local_time(request.form.get("effective_from", ""))
    who = {"by": person().name, "now": own.now()}
    try:
        if known.kind is DocumentKind.RULES:
            text = effective(known.text, from_when) if from_when else known.text
            done = publish_rules(own.store, own.keys, json.loads(text), **who)  # type: ignore[arg-type]  # by name
        else:
            value = dict(check_trust_text(known.text, own.now()).value)
            revoked = value.pop("revocations", None)
            done = publish_trust(own.store, own.keys, value, effective_from=from_when, **who)  # type: ignore[arg-type]  # likewise
            if revoked:
                publish_revocations(own.store, own.keys, revoked, effective_from=from_when, **who)  # type: ignore[arg-type]  # likewise
    except TrustListError:
        return _show(known), 422  # its check says what is wrong
    except ValueError as error:  # a RulePackError is one
        return _show(known, refused=str(error)), 422
    drop_draft(own.store, id_)
    accounts().note(person().name, "published", f"{done.name} {done.digest[:16]}")
    return redirect(url_for("rules.page"), code=303)


@blueprint.post("/rules/drafts/<id_>/drop")
@needs(Right.PUBLISH)
def drop(id_: str) -> ResponseReturnValue:
    """Throw a draft away."""
    drop_draft(office().store, _draft(id_).id)
    return redirect(url_for("rules.page"), code=303)


@blueprint.get("/rules/published/<path:name>")
@needs(Right.SEE)
def download(name: str) -> Response:
    """Return a published document as a file."""
    own = office()
    with own.store.reading() as db:
        try:
            document = read_document(db, name, own.keys)
        except (KeyError, ValueError):
            abort(404)
    response = Response(document.content, content_type="application/json; charset=utf-8")
    file = name.replace("/", "-").replace('"', "")
    response.headers["Content-Disposition"] = f'attachment; filename="{file}.json"'
    return response


def _text_of(name: str) -> str:
    """Return a published version, or a shipped pack, as the text of a draft."""
    own = office()
    if name.startswith("shipped/"):
        text = shipped_pack_text(name.removeprefix("shipped/"))
        if text is None:
            abort(404)
        return text
    with own.store.reading() as db:
        try:
            content = read_document(db, name, own.keys).content
        except (KeyError, ValueError):
            abort(404)
    value = json.loads(content)
    return json.dumps(value.get("pack", value), ensure_ascii=False, indent=2)


def _draft(id_: str) -> Draft:
    with office().store.reading() as db:
        found = find_draft(db, id_)
    if found is None:
        abort(404)
    return found


def _show_all(problem: str) -> str:
    own = office()
    now = own.now()
    with own.store.reading() as db:
        wanted = wanted_now(db, now)
        running = who_runs_what(db, wanted)
        return render_template(
            "rules.html",
            published=published_documents(db),
            part=part_of(running),
            held_by=Counter(name for one in running for name in one.documents),
            wanted=wanted,
            drafts=list_drafts(db),
            shipped=[pack.id for pack in shipped_packs()],
            problem=problem,
        )


def _show(
    draft: Draft,
    *,
    problem: str = "",
    refused: str = "",
    dry: object = None,
    begins: datetime | None = None,
    ends: datetime | None = None,
) -> str:
    """Show a draft: its text, what is wrong with it or what it says, and a dry run where one was made."""
    pack: RulePack | None = None
    trust: TrustCheck | None = None
    fault = ""
    try:
        if draft.kind is DocumentKind.RULES:
            _, pack = read_pack(draft.text)
        else:
            trust = check_trust_text(draft.text, office().now())
    except ValueError as error:
        fault = str(error)
    with office().store.reading() as db:
        held = [one for one in published_documents(db, draft.kind) if pack is None or one.id == pack.id]
    return render_template(
        "draft.html",
        draft=draft,
        pack=pack,
        trust=trust,
        shown=SHOWN_FINDINGS,
        fault=fault,
        problem=problem,
        refused=refused,
        dry=dry,
        begins=begins,
        ends=ends,
        held=held,
    )
