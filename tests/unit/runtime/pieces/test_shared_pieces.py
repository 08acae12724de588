"""Pieces that machines share, as the process that answers and those that help see them. The store here is a dict."""

from __future__ import annotations

import numpy as np
import pytest

from backtester.codec.arrays import pack
from backtester.model.record import Record
from backtester.pipeline import uncounted
from backtester.runtime.frames import CLAIM_PIECE, FETCH_PIECE, PIECE, MalformedError
from backtester.runtime.pieces.piece_frames import PieceClient, answer_about_piece
from backtester.runtime.pieces.shared_pieces import shared_out
from backtester.runtime.running_request import parsed


class Piece(Record):
    """A piece of a question."""

    value: int
    runs: int = 3


PIECES = [Piece(value=value) for value in (5, 3, 8, 1)]


class Store:
    """What a parent answers. completed: by others; away: after so many claims it cannot be reached."""

    def __init__(self, completed=(), away=10**6, results=None):
        self.results = {number: result_of(number) for number in completed} if results is None else results
        self.completed = [*completed]
        self.away = away
        self.handed_in = []
        self.claims = 0
        self.begun = set(completed)

    def progress(self, stage, completed, total):
        raise AssertionError

    def should_compute(self, result_id):
        raise AssertionError

    def claim_piece(self, question, count):
        assert (question, count) == ("/analysis/sweep", len(PIECES))
        self.claims += 1
        if self.claims > self.away:
            return None
        free = [number for number in range(count) if number not in self.begun]
        self.begun.update(free[:1])
        return (free[0] if free else None), self.completed

    def hand_in_piece(self, number, result):
        self.handed_in.append(number)
        self.results[number] = result

    def piece(self, number):
        return self.results.get(number, b"")


def result_of(number):
    return pack({"square": PIECES[number].value ** 2, "array": np.full(2, float(number))})


def work(piece, done):
    done(piece.runs)
    return {"square": piece.value**2, "array": np.full(2, float(PIECES.index(piece)))}


def answered(store, *, helping=False, done=uncounted):
    client = PieceClient(lambda kind, payload: answer_about_piece(store, kind, payload), helping=helping)
    found = shared_out(work, PIECES, done=done, processes=1, client=client, question="/analysis/sweep")
    return [each["square"] for each in found]


SQUARES = [25, 9, 64, 1]


def test_alone_it_computes_and_hands_in_every_piece():
    store, counted = Store(), []
    assert answered(store, done=counted.append) == SQUARES
    assert store.handed_in == [0, 1, 2, 3]
    assert sum(counted) == 12


def test_it_takes_what_others_have_completed():
    store, counted = Store(completed=[0, 2]), []
    assert answered(store, done=counted.append) == SQUARES
    assert store.handed_in == [1, 3]
    assert sum(counted) == 12


def test_it_waits_for_what_others_compute_and_takes_over_what_they_lose():
    store = Store()
    store.begun = {1, 2}
    looks = []

    def claim(question, count):
        looks.append(None)
        if len(looks) == 4:  # one is completed, the other has lost its lease
            store.hand_in_piece(1, result_of(1))
            store.completed = [1]
            store.begun.discard(2)
        return Store.claim_piece(store, question, count)

    store.claim_piece = claim
    assert answered(store) == SQUARES
    assert store.handed_in == [0, 3, 1, 2]


@pytest.mark.parametrize("away", [0, 1, 3])
def test_without_the_store_it_computes_what_is_left(away):
    store = Store(completed=[2], away=away)
    assert answered(store) == SQUARES


@pytest.mark.parametrize("stored", [b"", b"nonsense", b"\xff" * 40])
def test_a_result_that_is_gone_or_makes_no_sense_is_computed(stored):
    store = Store(completed=[2], results={2: stored})
    assert answered(store) == SQUARES


def test_a_store_that_has_forgotten_which_pieces_are_begun_makes_no_endless_run():
    store = Store()

    def claim(question, count):
        return 0, []

    store.claim_piece = claim
    assert answered(store) == SQUARES


def test_who_helps_hands_in_and_has_no_answer():
    store = Store(completed=[0])
    assert answered(store, helping=True) == []
    assert store.handed_in == [1, 2, 3]


def test_who_helps_without_the_store_computes_nothing():
    store = Store(away=0)
    assert answered(store, helping=True) == []
    assert store.handed_in == []


@pytest.mark.parametrize("payload", [b"", b"[]", b"{}", b"[1]", b"nonsense", b'["a", "b"]'])
def test_what_no_client_says_is_malformed(payload):
    for kind in (CLAIM_PIECE, PIECE, FETCH_PIECE)[: 3 if len(payload) < 8 else 1]:
        with pytest.raises(MalformedError):
            parsed(lambda said, kind=kind: answer_about_piece(Store(), kind, said), payload)
