"""Hidden checks of problem 4: random caches, trees and distributions."""

import itertools
import math

import pytest
import question4
import torch

FLOAT64 = torch.float64


def draw(rng, *shape, scale=1.0):
    """A float64 tensor of normal random numbers."""
    return torch.from_numpy(scale * rng.standard_normal(shape))


def one_by_one(q, keys, values, past):
    """Attention by three loops: for each head and each new token over what it may see."""
    heads, new, width = q.shape
    group = heads // keys.shape[0]
    out = torch.empty(q.shape, dtype=q.dtype)
    for head, i in itertools.product(range(heads), range(new)):
        seen_k, seen_v = keys[head // group][: past + i + 1], values[head // group][: past + i + 1]
        scores = torch.stack([q[head, i].dot(key) for key in seen_k]) / math.sqrt(width)
        out[head, i] = torch.softmax(scores, dim=0) @ seen_v
    return out


def attention_case(rng, past, new, heads=4, kv_heads=2, width=3):
    """q, k, v and a cache of random numbers."""
    q = draw(rng, heads, new, width)
    k, v = draw(rng, kv_heads, new, width), draw(rng, kv_heads, new, width)
    return q, k, v, (draw(rng, kv_heads, past, width), draw(rng, kv_heads, past, width))


def make_weights(rng, layers=2, heads=4, kv_heads=2, width=6, size=3, vocabulary=11, longest=24):
    """A small decoder, with weights large enough that every part of it shows in the logits."""
    return {
        "embedding": draw(rng, vocabulary, width),
        "positions": draw(rng, longest, width),
        "layers": [
            {
                "query": draw(rng, heads, width, size, scale=0.5),
                "key": draw(rng, kv_heads, width, size, scale=0.5),
                "value": draw(rng, kv_heads, width, size, scale=0.5),
                "output": draw(rng, heads, size, width, scale=0.5),
            }
            for _ in range(layers)
        ],
    }


def random_cache(rng, weights, past):
    """A cache of random numbers, which no text could have left behind."""
    kv_heads, _, size = weights["layers"][0]["key"].shape
    shape = (kv_heads, past, size)
    return [(draw(rng, *shape), draw(rng, *shape)) for _ in weights["layers"]]


def reference(weights, tokens, cache):
    """Logits and cache after `tokens`, computed head by head."""
    past = cache[0][0].shape[1]
    x = weights["embedding"][tokens] + weights["positions"][past : past + len(tokens)]
    longer = []
    for layer, (old_keys, old_values) in zip(weights["layers"], cache, strict=True):
        q = torch.stack([x @ w for w in layer["query"]])
        keys = torch.cat([old_keys, torch.stack([x @ w for w in layer["key"]])], dim=1)
        values = torch.cat([old_values, torch.stack([x @ w for w in layer["value"]])], dim=1)
        out = one_by_one(q, keys, values, past)
        x = x + sum(out[head] @ w for head, w in enumerate(layer["output"]))
        longer.append((keys, values))
    return x @ weights["embedding"].T, longer


def random_tokens(rng, count, vocabulary=11):
    return torch.from_numpy(rng.integers(0, vocabulary, size=count))


def random_tree(rng, letters="abc"):
    """Probabilities after every text, drawn when they are asked for and then kept."""
    known = {}

    def probabilities(text):
        if text not in known:
            weights = rng.dirichlet([0.7] * len(letters))
            known[text] = {letter: float(p) for letter, p in zip(letters, weights, strict=True)}
        return dict(known[text])

    return probabilities


def beam_by_products(probabilities, width, length, end=None):
    """The texts of a beam search and their probabilities, kept as products."""
    beam = {"": 1.0}
    for _ in range(length):
        longer = {}
        for text, p in beam.items():
            if end is not None and text.endswith(end):
                longer[text] = p
            else:
                longer |= {text + letter: p * q for letter, q in probabilities(text).items()}
        ranked = sorted(longer, key=lambda text: (-longer[text], text))
        beam = {text: longer[text] for text in ranked[:width] if longer[text] > 0}
    return beam


def assert_beam(actual, texts, scores):
    assert [text for text, _ in actual] == texts, "wrong texts, or in the wrong order"
    assert [score for _, score in actual] == pytest.approx(scores, rel=1e-9), "a score is wrong"


@pytest.mark.points(2)
@pytest.mark.hint(
    "New token i stands at position past + i: it sees the whole cache and the new tokens up to "
    "itself, also when several tokens are new and the cache is not empty."
)
@pytest.mark.parametrize(("past", "new"), [(0, 5), (4, 1), (3, 4), (0, 1), (5, 0)])
def test_cached_attention(past, new, rng, assert_tensor):
    """Attention over a random cache, for one and for several new tokens"""
    q, k, v, cache = attention_case(rng, past, new, kv_heads=4)
    before = [x.clone() for x in (q, k, v, *cache)]

    out, (keys, values) = question4.cached_attention(q, k, v, cache)

    assert_tensor(keys, torch.cat([cache[0], k], dim=1))
    assert_tensor(values, torch.cat([cache[1], v], dim=1))
    assert_tensor(out, one_by_one(q, keys, values, past))
    for x, original in zip((q, k, v, *cache), before, strict=True):
        assert_tensor(x, original)


@pytest.mark.points(1)
@pytest.mark.hint("Neighbouring query heads share a key-value head: head h uses h // (H // G).")
@pytest.mark.parametrize("kv_heads", [1, 2, 3])
def test_grouped_heads(kv_heads, rng, assert_tensor):
    """Several query heads share the keys and values of one head"""
    q, k, v, cache = attention_case(rng, past=3, new=2, heads=6, kv_heads=kv_heads)
    out, (keys, values) = question4.cached_attention(q, k, v, cache)
    assert keys.shape[0] == kv_heads, "the cache must not grow to the number of query heads"
    assert_tensor(out, one_by_one(q, keys, values, 3))


@pytest.mark.gpu
@pytest.mark.points(2)
@pytest.mark.hint("The past reaches your function by the cache alone; positions go on behind it.")
@pytest.mark.parametrize(("past", "new", "layers"), [(7, 1, 2), (5, 3, 1), (0, 6, 3)])
def test_decode_reads_the_cache(past, new, layers, rng, assert_tensor):
    """Logits behind a cache that no text has left"""
    weights, tokens = make_weights(rng, layers), random_tokens(rng, new)
    cache = random_cache(rng, weights, past)

    logits, longer = question4.decode(weights, tokens, cache)

    expected, expected_cache = reference(weights, tokens, cache)
    assert_tensor(logits, expected)
    assert len(longer) == len(expected_cache), "a cache has one pair for each layer"
    for actual_pair, expected_pair in zip(longer, expected_cache, strict=True):
        for actual, wanted in zip(actual_pair, expected_pair, strict=True):
            assert_tensor(actual, wanted)


@pytest.mark.points(2)
@pytest.mark.hint("In pieces or at once, the logits are the same: look at positions and mask.")
def test_pieces_equal_the_whole(rng, assert_tensor):
    """A text in pieces has the logits of the whole text"""
    weights, text = make_weights(rng), random_tokens(rng, 12)
    whole, _ = reference(weights, text, random_cache(rng, weights, past=0))
    cache = question4.empty_cache(weights)
    first, second = sorted(int(cut) for cut in rng.permutation(range(1, 12))[:2])

    for start, stop in [(0, first), (first, second), (second, 12)]:
        logits, cache = question4.decode(weights, text[start:stop], cache)
        assert_tensor(logits, whole[start:stop])
    assert cache[0][0].shape[1] == 12, "the cache holds one key for each token"


@pytest.mark.points(2)
@pytest.mark.hint("Prompt first, then one token for each call, with the cache of the call before.")
def test_generate_gives_each_token_once(rng):
    """Generation gives every token to the model once, and passes the cache on"""
    vocabulary = 17
    calls = []

    def model(tokens, cache):
        seen = [] if cache is None else cache["seen"]
        assert cache is None or cache["call"] == len(calls), "this is not the newest cache"
        given = tokens.tolist()
        calls.append(given)
        logits = torch.stack([row_after(seen + given[: i + 1]) for i in range(len(given))])
        return logits, {"seen": seen + given, "call": len(calls)}

    def row_after(text):
        generator = torch.Generator().manual_seed(secret + hash(tuple(text)) % 2**31)
        return torch.randn(vocabulary, generator=generator)

    def least_likely(logits):
        assert tuple(logits.shape) == (vocabulary,), "choose gets the logits of the last position"
        return int(logits.argmin())

    secret = int(rng.integers(2**31))
    prompt = rng.integers(0, vocabulary, size=int(rng.integers(2, 6))).tolist()
    expected = []
    for _ in range(6):
        expected.append(int(row_after(prompt + expected).argmin()))

    new = question4.generate(model, least_likely, prompt, steps=6)

    assert new == expected, "the new tokens are wrong"
    assert calls == [prompt, *[[token] for token in expected[:-1]]], "the model was given others"


@pytest.mark.points(1)
@pytest.mark.hint("The end token is the last of the result; with steps = 0 there is nothing to do.")
def test_generate_ends():
    """Generation ends with the end token, or before it begins"""
    calls = []

    def counts(tokens, cache):
        calls.append(len(tokens))
        return torch.eye(10)[(tokens + 1) % 10], 0

    def greedy(logits):
        return int(logits.argmax())

    assert question4.generate(counts, greedy, [1, 2], 8, end=5) == [3, 4, 5], "the end is missed"
    assert len(calls) == 3, "the model was called after the end"
    assert question4.generate(counts, greedy, [5], 2, end=5) == [6, 7], "a prompt ends nothing"
    calls.clear()
    assert question4.generate(counts, greedy, [1, 2], 0) == [], "no token was asked for"
    assert not calls, "the model was called for nothing"


@pytest.mark.points(1)
@pytest.mark.hint("Grouped heads shrink the keys and values that are read, and not the FLOPs.")
def test_intensities(rng):
    """Intensity of linear layers and of attention, in prefill and decoding"""
    for tokens in (1, int(rng.integers(2, 500))):
        d_in, d_out, width = (int(x) for x in rng.integers(2, 900, size=3))
        bytes_moved = width * (tokens * (d_in + d_out) + d_in * d_out)
        actual = question4.linear_intensity(tokens, d_in, d_out, width)
        assert actual == pytest.approx(2 * tokens * d_in * d_out / bytes_moved), "linear is wrong"

        past, kv_heads, group, size = (int(x) for x in rng.integers(2, 60, size=4))
        heads, positions = kv_heads * group, past + tokens
        numbers = 2 * tokens * heads * size + 2 * positions * kv_heads * size
        expected = 4 * tokens * positions * heads * size / (numbers * width)
        actual = question4.attention_intensity(tokens, past, heads, kv_heads, size, width)
        assert actual == pytest.approx(expected), "attention is wrong"


@pytest.mark.points(1)
@pytest.mark.hint("Keys AND values, for each layer, head and token. A roofline is the lower line.")
def test_cache_size_and_roofline(rng):
    """Bytes of a cache, and the speed that a chip allows"""
    numbers = [int(x) for x in rng.integers(2, 90, size=6)]
    assert question4.kv_cache_bytes(*numbers) == 2 * math.prod(numbers), "the size is wrong"
    peak, bandwidth = 900e12, 3e12
    assert question4.attainable_flops(10.0, peak, bandwidth) == pytest.approx(30e12), "by memory"
    assert question4.attainable_flops(999.0, peak, bandwidth) == pytest.approx(peak), "by compute"


@pytest.mark.points(2)
@pytest.mark.hint(
    "Add up the logarithms along the whole text, keep `width` texts over ALL continuations, and "
    "ask once for each text that you continue."
)
@pytest.mark.parametrize("width", [1, 2, 4])
def test_beam_search(width, rng):
    """Beams of several widths on random trees"""
    tree, asked = random_tree(rng, "abcd"), []

    def probabilities(text):
        asked.append(text)
        return tree(text)

    actual = question4.beam_search(probabilities, width, 4)

    expected = beam_by_products(tree, width, 4)
    assert_beam(actual, list(expected), [math.log(p) for p in expected.values()])
    prefixes = [text for n in range(4) for text in beam_by_products(tree, width, n)]
    assert sorted(asked) == sorted(prefixes), "not the texts of the beam were continued"


@pytest.mark.points(1)
@pytest.mark.hint(
    "Texts of equal probability stand in alphabetical order; probability 0 is no continuation."
)
def test_beam_search_ties():
    """Ties, impossible letters, and a beam wider than the tree"""
    flat = dict.fromkeys("cba", 0.25)
    texts = [text for text, _ in question4.beam_search(lambda text: flat, 4, 2)]
    assert texts == ["aa", "ab", "ac", "ba"], f"among equals: {texts}"
    crooked = {"": {"z": 0.5, "b": 0.5, "c": 0.0}, "z": {"x": 1.0}, "b": {"y": 1.0, "x": 0.0}}
    texts = [text for text, _ in question4.beam_search(lambda text: crooked[text], 9, 2)]
    assert texts == ["by", "zx"], f"with impossible letters: {texts}"


@pytest.mark.points(1)
@pytest.mark.hint("A finished text keeps its place in the beam as it is; alpha only orders the end.")
def test_beam_search_finished_texts(rng):
    """Finished texts stay in the beam, and the length counts only at the end"""
    tree = random_tree(rng, "ab.")
    # A middling probability for the end, so that texts of several lengths meet.
    likely_end = {"": {"a": 0.5, "b": 0.3, ".": 0.2}, "a": {"a": 0.5, "b": 0.1, ".": 0.4}}
    asked = []

    def probabilities(text):
        asked.append(text)
        return likely_end[text] if text in likely_end else tree(text)

    beams = [beam_by_products(probabilities, 4, length, end=".") for length in range(5)]
    continued = [text for beam in beams[:4] for text in beam if not text.endswith(".")]
    for alpha in (0.0, 1.0):
        scores = {text: math.log(p) / len(text) ** alpha for text, p in beams[4].items()}
        ranked = sorted(scores, key=lambda text: (-scores[text], text))
        asked = []
        actual = question4.beam_search(probabilities, 4, 4, end=".", alpha=alpha)
        assert_beam(actual, ranked, [scores[text] for text in ranked])
        assert sorted(asked) == sorted(continued), "finished texts, or others, were continued"
    # One letter of probability 1/2 counts as much as two of them.
    even = {"": {"z": 0.5, "a": 0.5}, "a": {"b": 0.5, "c": 0.5}}
    actual = question4.beam_search(lambda text: even[text], 3, 2, end="z", alpha=1.0)
    assert_beam(actual, ["ab", "ac", "z"], [math.log(0.5)] * 3)


@pytest.mark.points(1)
@pytest.mark.hint("Divide the logits, not the probabilities, and mind large logits and T = 0.")
def test_temperature(rng, assert_tensor):
    """Temperature, from 0 to large"""
    logits = draw(rng, 9, scale=3.0)
    for temperature in (0.25, 1.0, 4.0):
        weights = torch.exp(logits / temperature)
        actual = question4.softmax_with_temperature(logits, temperature)
        assert_tensor(actual, weights / weights.sum())
    tied = torch.tensor([1.0, 5.0, 5.0, -2.0])
    coldest = question4.softmax_with_temperature(tied, 0)
    assert_tensor(coldest, torch.tensor([0.0, 1.0, 0.0, 0.0]))
    huge = question4.softmax_with_temperature(torch.tensor([3e4, 3e4, -3e4]), 0.5)
    assert_tensor(huge, torch.tensor([0.5, 0.5, 0.0]))
    # In half precision, twice the largest logit is no number any more.
    half = question4.softmax_with_temperature(torch.tensor([4e4, 4e4, 0.0]).half(), 0.5)
    assert_tensor(half, torch.tensor([0.5, 0.5, 0.0]).half())


@pytest.mark.points(1)
@pytest.mark.hint("Exactly k: among equals the smaller numbers win. Then make the sum 1 again.")
def test_top_k(rng, assert_tensor):
    """Top-k, with ties and with k beyond the vocabulary"""
    probs = draw(rng, 12).softmax(dim=0)
    for k in (1, 5, 12, 40):
        kept = sorted(range(12), key=lambda token: -probs[token])[:k]
        expected = torch.zeros(12, dtype=FLOAT64)
        expected[kept] = probs[kept] / probs[kept].sum()
        assert_tensor(question4.keep_top_k(probs, k), expected)
    tied = torch.tensor([0.125, 0.25, 0.25, 0.125, 0.25])
    assert_tensor(question4.keep_top_k(tied, 2), torch.tensor([0.0, 0.5, 0.5, 0.0, 0.0]))
    assert_tensor(question4.keep_top_k(tied, 4), torch.tensor([1.0, 2.0, 2.0, 0.0, 2.0]) / 7)


@pytest.mark.points(2)
@pytest.mark.hint("The token that takes the sum to p or beyond is the last one that is kept.")
def test_top_p(rng, assert_tensor):
    """Top-p keeps the fewest tokens that reach p"""
    probs = draw(rng, 12, scale=1.5).softmax(dim=0)
    ranked = sorted(range(12), key=lambda token: -probs[token])
    for many in (1, 3, 7):
        # Half way into the last token's own share: far from every rounding.
        p = float(probs[ranked[:many]].sum() - probs[ranked[many - 1]] / 2)
        expected = torch.zeros(12, dtype=FLOAT64)
        expected[ranked[:many]] = probs[ranked[:many]] / probs[ranked[:many]].sum()
        assert_tensor(question4.keep_top_p(probs, p), expected)

    exact = torch.tensor([0.125, 0.25, 0.125, 0.5])
    assert_tensor(question4.keep_top_p(exact, 0.75), torch.tensor([0.0, 1 / 3, 0.0, 2 / 3]))
    assert_tensor(question4.keep_top_p(exact, 0.8), torch.tensor([1.0, 2.0, 0.0, 4.0]) / 7)
    assert_tensor(question4.keep_top_p(exact, 0.0), torch.tensor([0.0, 0.0, 0.0, 1.0]))
    assert_tensor(question4.keep_top_p(exact, 1.0), exact)


@pytest.mark.points(1)
@pytest.mark.hint("Temperature, top-k, top-p, in this order, and every draw from what is left.")
@pytest.mark.parametrize("filters", ["none", "k", "p", "both"])
def test_sample_has_the_right_distribution(filters, rng):
    """Draws follow the filtered distribution"""
    probs = torch.tensor([0.02, 0.4, 0.08, 0.25, 0.05, 0.2], dtype=FLOAT64)
    logits = 2.0 * probs.log()[torch.from_numpy(rng.permutation(6))]
    # After the temperature 2 the probabilities are `probs`. Of the best three, two reach 0.7; of
    # all six, three are needed.
    arguments = {"none": {}, "k": {"top_k": 4}, "p": {"top_p": 0.7}}
    arguments["both"] = {"top_k": 3, "top_p": 0.7}
    kept = {"none": 6, "k": 4, "p": 3, "both": 2}[filters]
    expected = (logits / 2).softmax(dim=0)
    expected[expected.argsort()[: 6 - kept]] = 0.0
    expected /= expected.sum()
    count = 20_000

    drawn = question4.sample(logits, count, int(rng.integers(2**31)), 2.0, **arguments[filters])

    assert drawn.dtype == torch.int64, f"tokens are int64, not {drawn.dtype}"
    assert tuple(drawn.shape) == (count,), f"the shape is {tuple(drawn.shape)}"
    counts = torch.bincount(drawn, minlength=6)
    assert len(counts) == 6, "there is no such token"
    assert not counts[expected == 0].any(), "a token was drawn that the filters take away"
    wanted = count * expected[expected > 0]
    distance = float(((counts[expected > 0] - wanted) ** 2 / wanted).sum())
    # Chi-squared with at most 5 degrees of freedom: beyond 50 once in 700 million runs.
    assert distance < 50, "the tokens are drawn with other probabilities"


@pytest.mark.points(1)
@pytest.mark.hint("Make a torch.Generator of your own from the seed, and draw from it alone.")
def test_sample_depends_on_the_seed_alone(rng, assert_tensor):
    """The seed alone decides what is drawn, and T = 0 draws the best token"""
    logits, seed = draw(rng, 50), int(rng.integers(2**30))
    first = question4.sample(logits, 40, seed)
    assert_tensor(question4.sample(logits, 40, seed), first)
    assert not torch.equal(question4.sample(logits, 40, seed + 1), first), "the seed is ignored"
    coldest = question4.sample(logits, 5, seed, temperature=0.0)
    assert_tensor(coldest, logits.argmax().repeat(5))
