"""Ids of jobs say when and for whom they were given out, and to nobody else."""

import time

from hypothesis import given
from hypothesis import strategies as st

from backtester.service.jobs.ids import is_id, new_id, was_given_out

SECRET = "s" * 32


def test_an_id_is_recognised_by_the_service_that_gave_it_out_to_its_owner():
    job_id = new_id("alice", SECRET)
    assert is_id(job_id)
    assert was_given_out(job_id, "alice", SECRET)
    assert not was_given_out(job_id, "bob", SECRET)
    assert not was_given_out(job_id, "alice", "t" * 32)
    assert not was_given_out(job_id, "alice", None)


def test_without_a_secret_ids_are_recognised_too():
    assert was_given_out(new_id("local", None), "local", None)


def test_later_ids_sort_later_and_none_is_given_out_twice():
    ids = []
    for _ in range(50):
        ids.append(new_id("alice", SECRET))
        time.sleep(0.0011)
    assert ids == sorted(ids)
    assert len({new_id("alice", SECRET) for _ in range(1000)}) == 1000


@given(st.text(max_size=60))
def test_no_other_text_is_an_id_that_was_given_out(text):
    assert not was_given_out(text, "alice", SECRET)


@given(at=st.integers(3, 36), letter=st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_changed_id_was_not_given_out(at, letter):
    job_id = new_id("alice", SECRET)
    changed = job_id[:at] + letter + job_id[at + 1 :]
    assert was_given_out(changed, "alice", SECRET) == (changed == job_id)
