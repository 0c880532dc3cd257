from __future__ import annotations

from tests.graphs import arm, body, effect, frame, project, run_check, step, workflow


def check(*effects):
    return run_check("multi_effect_step", project(workflow(step("pay", body=body(effects=effects)))))


def write(api, line, **fields):
    receiver, _, _ = api.rpartition(".")
    return effect("write", api, line, receiver=receiver, **fields)


def test_two_effects_on_different_clients_are_reported_at_the_second():
    [found] = check(write("payments.charge", 5), write("mailer.send", 6))
    assert found.place.span.line == 6
    assert found.message == "step `pay` changes two things: `payments.charge` and `mailer.send`"
    assert found.notes[0].place.span.line == 5


def test_two_effects_on_one_client_are_one_change():
    assert check(write("db.orders.insert_one", 5), write("db.carts.delete_one", 6)) == []


def test_attributes_of_an_object_are_told_apart_below_it():
    assert len(check(write("self.db.insert_one", 5), write("self.mailer.send", 6))) == 1


def test_two_effects_in_exclusive_arms_never_meet():
    first = write("payments.charge", 5, inside=(arm("if", "a", 0),))
    assert check(first, write("mailer.send", 6, inside=(arm("else", "a", 1),))) == []


def test_calls_in_one_transaction_count_once():
    held = (frame("with", line=4, resource="transaction"),)
    assert check(write("session.add", 5, inside=held), write("repo.save", 6, inside=held)) == []


def test_the_commit_of_a_connection_is_part_of_what_its_cursor_did():
    assert check(write("cursor.execute", 5), write("conn.commit", 6)) == []


def test_a_read_is_no_change():
    assert check(write("payments.charge", 5), effect("network", "httpx.get", 6, mode="read")) == []


def test_a_request_that_changes_the_world_is_one():
    assert len(check(write("db.orders.insert_one", 5), effect("network", "httpx.post", 6, mode="write"))) == 1


def test_only_the_first_pair_of_a_step_is_reported():
    assert len(check(write("a_client.send", 5), write("b_client.send", 6), write("c_client.send", 7))) == 1


def test_a_question_to_a_language_model_is_no_change():
    asked = effect("network", "groq.Groq.chat.completions.create", 6, receiver="client.chat.completions", mode="write")
    assert check(write("db.orders.insert_one", 5), asked) == []
