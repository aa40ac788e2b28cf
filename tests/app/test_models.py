from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta, timezone
from typing import Any, TypeVar

import pytest
from sqlalchemy import Index, PrimaryKeyConstraint, UniqueConstraint, func, inspect, select, text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload
from sqlalchemy.pool import NullPool

from app.database import create_engine, create_sessions
from app.models import (
    AgentConfig,
    Base,
    BeliefEdge,
    BeliefNode,
    BeliefUpdate,
    EvidenceLink,
    Interaction,
    PendingPost,
    Persona,
    StanceVersion,
)

T = TypeVar("T")
InSession = Callable[[Callable[[AsyncSession], Awaitable[T]]], T]


@pytest.fixture
def in_session(url: str) -> InSession[Any]:
    """What a coroutine function returns when it gets a session on a database that holds the models' tables."""

    def run(work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        async def main() -> T:
            engine = create_engine(url, poolclass=NullPool)
            async with engine.begin() as connection:
                await connection.run_sync(Base.metadata.create_all)
            try:
                async with create_sessions(engine)() as session:
                    return await work(session)
            finally:
                await engine.dispose()

        return asyncio.run(main())

    return run


def a_persona(**given: Any) -> Persona:
    return Persona(**{"reddit_username": "calm_otter", "traits": {"tone": "dry"}, **given})


def a_belief(**given: Any) -> BeliefNode:
    return BeliefNode(**{"title": "Tests pay", "summary": "They do.", "confidence": 0.8, "tags": ["code"], **given})


def a_comment(**given: Any) -> Interaction:
    return Interaction(**{"kind": "comment", "reddit_id": "t1_abc", "subreddit": "python", "content": "Hm.", **given})


def test_a_persona_with_its_belief_graph_comes_back_as_it_was_stored(in_session: InSession[Any]) -> None:
    async def work(session: AsyncSession) -> BeliefNode:
        belief = a_belief(
            stances=[StanceVersion(text="Mostly yes.", rationale=None)],
            evidence=[EvidenceLink(source_type="note", source_ref="a talk", strength="weak")],
            updates=[BeliefUpdate(new_value={"confidence": 0.8}, reason="read", trigger="manual", updated_by="ann")],
        )
        session.add(a_persona(beliefs=[belief]))
        await session.commit()
        session.expunge_all()
        loads = [selectinload(of) for of in (BeliefNode.stances, BeliefNode.evidence, BeliefNode.updates)]
        query = select(BeliefNode).options(selectinload(BeliefNode.persona), *loads)
        return (await session.execute(query)).scalar_one()

    belief = in_session(work)

    assert belief.persona.traits == {"tone": "dry"}
    assert (belief.confidence, belief.tags, belief.is_locked) == (0.8, ["code"], False)
    assert [stance.status for stance in belief.stances] == ["current"]
    assert [link.source_ref for link in belief.evidence] == ["a talk"]
    assert [(update.old_value, update.new_value) for update in belief.updates] == [(None, {"confidence": 0.8})]


def test_an_edge_joins_two_beliefs_of_a_persona(in_session: InSession[Any]) -> None:
    async def work(session: AsyncSession) -> BeliefEdge:
        source, target = a_belief(title="Tests pay"), a_belief(title="Types pay")
        session.add_all([a_persona(beliefs=[source, target])])
        session.add(BeliefEdge(source=source, target=target, relation="supports"))
        await session.commit()
        session.expunge_all()
        query = select(BeliefEdge).options(selectinload(BeliefEdge.source), selectinload(BeliefEdge.target))
        return (await session.execute(query)).scalar_one()

    edge = in_session(work)

    assert (edge.source.title, edge.relation, edge.target.title, edge.weight) == (
        "Tests pay",
        "supports",
        "Types pay",
        0.5,
    )


def test_an_edge_from_a_belief_to_itself_is_refused(in_session: InSession[Any]) -> None:
    async def work(session: AsyncSession) -> None:
        belief = a_belief()
        session.add_all([a_persona(beliefs=[belief]), BeliefEdge(source=belief, target=belief, relation="supports")])
        await session.commit()

    with pytest.raises(IntegrityError, match="ck_belief_edges_not_itself"):
        in_session(work)


def test_deleting_a_persona_takes_its_beliefs_settings_and_drafts_along(in_session: InSession[Any]) -> None:
    async def work(session: AsyncSession) -> list[int]:
        belief = a_belief(stances=[StanceVersion(text="Yes.")])
        persona = a_persona(
            beliefs=[belief],
            settings=[AgentConfig(config_key="tempo", config_value={"per_day": 3})],
            pending_posts=[PendingPost(kind="post", subreddit="python", content="Hello.")],
        )
        session.add(persona)
        await session.commit()
        session.expunge_all()
        await session.delete((await session.execute(select(Persona))).scalar_one())
        await session.commit()
        tables = (BeliefNode, StanceVersion, AgentConfig, PendingPost)
        return [(await session.execute(select(func.count()).select_from(table))).scalar_one() for table in tables]

    assert in_session(work) == [0, 0, 0, 0]


def test_a_persona_that_spoke_in_public_cannot_be_deleted(in_session: InSession[Any]) -> None:
    async def work(session: AsyncSession) -> None:
        session.add(a_persona(interactions=[a_comment()]))
        await session.commit()
        session.expunge_all()
        await session.delete((await session.execute(select(Persona))).scalar_one())
        await session.commit()

    with pytest.raises(IntegrityError):
        in_session(work)


def test_a_published_post_outlives_the_interaction_it_became(in_session: InSession[Any]) -> None:
    async def work(session: AsyncSession) -> PendingPost:
        persona, comment = a_persona(), a_comment()
        persona.interactions.append(comment)
        post = PendingPost(kind="comment", subreddit="python", content="Hm.", status="published", interaction=comment)
        persona.pending_posts.append(post)
        session.add(persona)
        await session.commit()
        await session.execute(text("DELETE FROM interactions"))
        await session.commit()
        session.expunge_all()
        return (await session.execute(select(PendingPost))).scalar_one()

    post = in_session(work)

    assert post.status == "published"
    assert post.interaction_id is None


@pytest.mark.parametrize("key", ["tempo", "Tempo"])
def test_a_setting_stands_once_in_each_persona(in_session: InSession[Any], key: str) -> None:
    async def work(session: AsyncSession) -> int:
        session.add(
            a_persona(
                settings=[
                    AgentConfig(config_key="tempo", config_value={}),
                    AgentConfig(config_key=key, config_value={}),
                ]
            )
        )
        session.add(a_persona(reddit_username="other", settings=[AgentConfig(config_key="tempo", config_value={})]))
        await session.commit()
        return (await session.execute(select(func.count()).select_from(AgentConfig))).scalar_one()

    if key == "tempo":
        with pytest.raises(IntegrityError):
            in_session(work)
    else:
        assert in_session(work) == 3


def test_a_post_of_unknown_status_is_refused(in_session: InSession[Any]) -> None:
    async def work(session: AsyncSession) -> None:
        post = PendingPost(kind="post", subreddit="python", content="Hello.", status="lost")
        session.add(a_persona(pending_posts=[post]))
        await session.commit()

    with pytest.raises(IntegrityError, match="ck_pending_posts_status"):
        in_session(work)


def test_a_time_of_any_zone_is_stored_as_utc_text_and_comes_back_as_the_same_moment(in_session: InSession[Any]) -> None:
    noon_in_delhi = datetime(2026, 3, 1, 12, 0, tzinfo=timezone(timedelta(hours=5, minutes=30)))

    async def work(session: AsyncSession) -> tuple[str, datetime | None]:
        post = PendingPost(kind="post", subreddit="python", content="Hello.", reviewed_at=noon_in_delhi)
        session.add(a_persona(pending_posts=[post]))
        await session.commit()
        session.expunge_all()
        stored = (await session.execute(text("SELECT reviewed_at FROM pending_posts"))).scalar_one()
        return stored, (await session.execute(select(PendingPost.reviewed_at))).scalar_one()

    stored, moment = in_session(work)

    assert stored == "2026-03-01T06:30:00.000000+00:00"
    assert moment == noon_in_delhi
    assert moment is not None
    assert moment.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_refused(in_session: InSession[Any]) -> None:
    async def work(session: AsyncSession) -> None:
        post = PendingPost(kind="post", subreddit="python", content="Hello.", reviewed_at=datetime(2026, 3, 1))
        session.add(a_persona(pending_posts=[post]))
        await session.commit()

    with pytest.raises(StatementError, match="no time zone"):
        in_session(work)


def test_a_change_moves_updated_at_and_leaves_created_at(in_session: InSession[Any]) -> None:
    async def work(session: AsyncSession) -> tuple[datetime, Persona]:
        persona = a_persona()
        session.add(persona)
        await session.commit()
        before = persona.updated_at
        persona.display_name = "Otter"
        await session.commit()
        return before, persona

    before, persona = in_session(work)

    assert persona.updated_at > before
    assert persona.created_at <= before


def test_every_constraint_has_a_name() -> None:
    nameless = [
        (table.name, type(thing).__name__)
        for table in Base.metadata.tables.values()
        for thing in (*table.constraints, *table.indexes)
        if not thing.name
    ]

    assert nameless == []


def test_every_foreign_key_can_use_an_index() -> None:
    unindexed = []
    for table in Base.metadata.tables.values():
        leading = {
            next(iter(thing.columns)).name
            for thing in (*table.indexes, *table.constraints)
            if isinstance(thing, (Index, UniqueConstraint, PrimaryKeyConstraint))
        }
        unindexed += [f"{table.name}.{key.parent.name}" for key in table.foreign_keys if key.parent.name not in leading]

    assert unindexed == []


def test_every_foreign_key_says_what_a_delete_does() -> None:
    keys = [key for table in Base.metadata.tables.values() for key in table.foreign_keys]

    assert {key.ondelete for key in keys} == {"CASCADE", "RESTRICT", "SET NULL"}


def test_the_models_are_mapped_without_a_database() -> None:
    assert {"beliefs", "settings", "pending_posts", "interactions"} <= set(inspect(Persona).relationships.keys())
