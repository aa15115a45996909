"""Visible checks of problem 4: small examples that you can follow by hand."""

import math

import pytest
import question4
import torch

# The probability of each next letter after a text. Greedy takes a; the best texts begin with b.
TREE = {
    "": {"a": 0.5, "b": 0.4, "c": 0.1},
    "a": {"a": 0.4, "b": 0.3, "c": 0.3},
    "b": {"a": 0.9, "b": 0.05, "c": 0.05},
    "c": {"a": 0.2, "b": 0.2, "c": 0.6},
}


def counter(tokens, cache):
    """A model that always wants the number after the last one. Its cache is the text so far."""
    seen = (cache or []) + tokens.tolist()
    logits = torch.zeros(len(tokens), 10)
    for i, token in enumerate(tokens.tolist()):
        logits[i, (token + 1) % 10] = 1.0
    return logits, seen


@pytest.mark.points(1)
@pytest.mark.hint("The new token sees the old one and itself: the mean of 2 and 4, then of 2, 4, 9.")
def test_cached_attention_small(assert_tensor):
    """Two new tokens behind one in the cache, all scores equal"""
    past = (torch.tensor([[[1.0]]]), torch.tensor([[[2.0]]]))
    q, k = torch.zeros(1, 2, 1), torch.ones(1, 2, 1)
    v = torch.tensor([[[4.0], [9.0]]])

    out, (keys, values) = question4.cached_attention(q, k, v, past)

    assert_tensor(out, torch.tensor([[[3.0], [5.0]]]))
    assert_tensor(keys, torch.ones(1, 3, 1))
    assert_tensor(values, torch.tensor([[[2.0], [4.0], [9.0]]]))


@pytest.mark.points(1)
@pytest.mark.hint("The prompt first, then only the token that was chosen; the last one never.")
def test_generate_small():
    """A model that counts: 3, 4 is continued by 5, 6, 7, in three calls"""
    given = []

    def model(tokens, cache):
        given.append(tokens.tolist())
        return counter(tokens, cache)

    new = question4.generate(model, lambda logits: int(logits.argmax()), [3, 4], steps=3)

    assert new == [5, 6, 7], f"generated {new}"
    assert given == [[3, 4], [5], [6]], f"the model was given {given}"


@pytest.mark.points(1)
@pytest.mark.hint("Count each factor once and the result once; 2 FLOPs for each multiply-add.")
def test_speed_small():
    """Figures of a small model"""
    assert question4.kv_cache_bytes(2, 3, 4, 5, 1, 2) == 480, "the cache's size is wrong"
    # 2 * 1 * 2 * 3 = 12 FLOPs; 2 + 6 + 3 = 11 numbers of 2 bytes.
    assert question4.linear_intensity(1, 2, 3, 2) == pytest.approx(12 / 22), "linear is wrong"
    # 4 * 1 * 8 * 2 * 4 = 256 FLOPs; 16 + 64 = 80 numbers of 4 bytes.
    assert question4.attention_intensity(1, 7, 2, 1, 4, 4) == pytest.approx(256 / 320), "attention"


@pytest.mark.points(1)
@pytest.mark.hint("Greedy is a beam of width 1. A wider beam compares whole texts, not last letters.")
def test_beam_search_small():
    """A tree of a, b and c where greedy misses the best text"""

    def next_letter(text):
        return TREE[text]

    ((greedy, score),) = question4.beam_search(next_letter, width=1, length=2)
    assert greedy == "aa", f"a beam of width 1 finds {greedy}"
    assert score == pytest.approx(math.log(0.5 * 0.4)), "the score of greedy's text is wrong"

    beam = question4.beam_search(next_letter, width=2, length=2)
    assert [text for text, _ in beam] == ["ba", "aa"], f"a beam of width 2 finds {beam}"
    assert beam[0][1] == pytest.approx(math.log(0.4 * 0.9)), "the score of the best text is wrong"


@pytest.mark.points(2)
@pytest.mark.hint("Top-p keeps the token that crosses p; then divide by the sum of what is kept.")
def test_filters_small(assert_tensor):
    """Temperature, top-k and top-p on four tokens"""
    logits = torch.tensor([0.0, math.log(2.0), math.log(4.0), math.log(1.0)])
    hot = question4.softmax_with_temperature(logits, 0.5)
    assert_tensor(hot, torch.tensor([1.0, 4.0, 16.0, 1.0]) / 22)

    probs = torch.tensor([0.125, 0.5, 0.25, 0.125])
    assert_tensor(question4.keep_top_k(probs, 2), torch.tensor([0.0, 2 / 3, 1 / 3, 0.0]))
    assert_tensor(question4.keep_top_p(probs, 0.6), torch.tensor([0.0, 2 / 3, 1 / 3, 0.0]))
    assert_tensor(question4.keep_top_p(probs, 0.5), torch.tensor([0.0, 1.0, 0.0, 0.0]))
