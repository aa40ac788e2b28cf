"""Rows for a database of the application that has none, so that a drill has something to lose: `nox -s sample`."""

from __future__ import annotations

import asyncio
import sys

from sqlalchemy import func, select
from sqlalchemy.pool import NullPool

from app.database import create_engine, create_sessions, database_url
from app.models import BeliefNode, BeliefUpdate, EvidenceLink, Interaction, Persona, StanceVersion

PERSONAS = 20
OF_EACH = 25  # beliefs and interactions


async def fill() -> int:
    """How many personas were added; 0 where the database has some already. It must stand at the newest revision."""
    engine = create_engine(database_url(), poolclass=NullPool)
    try:
        async with create_sessions(engine)() as session:
            if (await session.execute(select(func.count()).select_from(Persona))).scalar_one():
                return 0
            session.add_all(map(_persona, range(PERSONAS)))
            await session.commit()
    finally:
        await engine.dispose()
    return PERSONAS


def _persona(number: int) -> Persona:
    return Persona(
        reddit_username=f"calm_otter_{number}",
        traits={"tone": "dry", "quirks": ["é", "'", '"', "\\"]},
        beliefs=[_belief(each) for each in range(OF_EACH)],
        interactions=[
            Interaction(kind="comment", reddit_id=f"t1_{number}_{each}", subreddit="python", content="Hm.\n" * each)
            for each in range(OF_EACH)
        ],
    )


def _belief(number: int) -> BeliefNode:
    return BeliefNode(
        title=f"Tests pay {number}",
        summary="They do.",
        confidence=number / OF_EACH,
        tags=["code"],
        stances=[StanceVersion(text="Mostly yes.", rationale=None)],
        evidence=[EvidenceLink(source_type="note", source_ref="a talk", strength="weak")],
        updates=[BeliefUpdate(new_value={"confidence": 0.8}, reason="read", trigger="manual", updated_by="ann")],
    )


if __name__ == "__main__":
    added = asyncio.run(fill())
    print(f"{added} personas added." if added else "The database has personas already: it stays as it is.")
    sys.exit(0)
