"""Hidden checks of problem 4: random corpora, untidy replies, tools that fail."""

import math

import pytest
import question4

WORDS = ["red", "green", "blue", "apple", "pear", "plum", "sky", "sea", "sun", "x1", "k2"]


class Script:
    """A model that gives its replies one after another and keeps the prompts."""

    def __init__(self, *replies):
        self.replies = list(replies)
        self.prompts = []

    def __call__(self, prompt):
        assert self.replies, "the model was called too often"
        self.prompts.append(prompt)
        return self.replies.pop(0)


def draw_text(rng, low, high):
    """Random words with some punctuation between them."""
    words = rng.choice(WORDS, size=int(rng.integers(low, high)))
    marks = rng.choice([" ", ", ", " - ", "! "], size=len(words))
    return "".join(
        (word.upper() if rng.random() < 0.2 else word) + mark
        for word, mark in zip(words, marks, strict=True)
    ).strip()


def words_of(text):
    kept = "".join(c if c in "abcdefghijklmnopqrstuvwxyz0123456789" else " " for c in text.lower())
    return kept.split()


def bm25(documents, query, k1=1.5, b=0.75):
    """The formula, one document at a time."""
    split = [words_of(document) for document in documents]
    average = sum(map(len, split)) / len(split)
    scores = []
    for words in split:
        score = 0.0
        for word in sorted(set(words_of(query))):
            n = sum(word in other for other in split)
            f = words.count(word)
            if f:
                norm = k1 * (1 - b + b * len(words) / average)
                score += math.log(1 + (len(split) - n + 0.5) / (n + 0.5)) * f * (k1 + 1) / (f + norm)
        scores.append(score)
    return scores


def draw_corpus(rng, query, count):
    """Documents whose scores are clearly different, so that rounding never decides a rank."""
    while True:
        documents = [draw_text(rng, 3, 9) for _ in range(count)]
        scores = sorted(bm25(documents, query))
        if all(b - a > 1e-6 for a, b in zip(scores, scores[1:], strict=False)):
            return documents


def rank(scores, k):
    order = sorted(range(len(scores)), key=lambda i: (-scores[i], i))
    return [i for i in order if scores[i] > 0][:k]


@pytest.mark.points(0.5)
@pytest.mark.hint("Lower case first; then only a-z and 0-9 belong to a word.")
def test_tokenize():
    """Words of texts with digits, underscores, accents and empty space"""
    for text in ["Top-5 of 100", "a_b__c", "naïve Bayes", "  ", "", "x²+Y2", "GPT-4o's 3.5%\n\tok"]:
        assert question4.tokenize(text) == words_of(text), "wrong words"


@pytest.mark.points(1.5)
@pytest.mark.hint("Print idf, f and the length of one document and compare them with your formula.")
@pytest.mark.parametrize("given", [False, True])
def test_scores(given, rng):
    """BM25 scores of random documents, with the usual and with other constants"""
    documents = [draw_text(rng, 1, 12) for _ in range(int(rng.integers(5, 9)))]
    documents.insert(2, "")
    constants = {"k1": float(rng.uniform(0.5, 2)), "b": float(rng.uniform(0.2, 0.6))}
    constants = constants if given else {}
    index = question4.Index(documents, **constants)
    for _ in range(3):
        query = draw_text(rng, 2, 6) + " green nothing"
        expected = bm25(documents, query, **constants)
        assert index.scores(query) == pytest.approx(expected, rel=1e-9), "wrong scores"
    twice = index.scores("plum sky"), index.scores("plum sky plum")
    assert twice[0] == pytest.approx(twice[1]), "a word that is repeated in the query counts once"
    assert question4.Index(["", ""]).scores("red") == [0, 0], "documents without words score 0"


@pytest.mark.points(1)
@pytest.mark.hint("Sort by falling score; a stable sort leaves equal ones in the documents' order.")
def test_search(rng):
    """Ranks of random documents, some of which are as good as others"""
    query = " ".join(WORDS[:7])
    while True:
        documents = draw_corpus(rng, query, 6)
        documents = [documents[i] for i in rng.permutation([0, 1, 2, 3, 4, 5, 0, 2, 4])]
        documents.append("nothing of the kind")
        scores = [round(score, 9) for score in bm25(documents, query)]
        if len(set(scores)) == 7:  # Repeated documents score alike, and no others.
            break
    index = question4.Index(documents)
    expected = rank(scores, 100)
    for k in (1, 4, 100):
        assert index.search(query, k) == expected[:k], "wrong documents or wrong order"
    frequent = question4.Index(["plum", "plum sea", "plum sun", "sky"])
    assert frequent.search("plum", 4) == [0, 1, 2], "a word of most documents still counts for them"
    assert index.search("unheard of", 3) == [len(documents) - 1], "only 'of' is found"
    assert index.search("unheard", 3) == [], "no document has the word"


@pytest.mark.points(1.5)
@pytest.mark.hint("Skip what does not fit, and go on: a shorter passage may fit behind it.")
def test_pack(rng):
    """Passages under a budget, with repeated and empty ones"""
    for _ in range(5):
        passages = [draw_text(rng, 1, 9) for _ in range(8)]
        passages[3] = passages[0].upper() + "!"
        passages[5] = "-- ?"
        budget = int(rng.integers(5, 25))
        left, taken, expected = budget, [], []
        for i, passage in enumerate(passages):
            words = words_of(passage)
            if words and len(words) <= left and words not in taken:
                taken.append(words)
                expected.append(i)
                left -= len(words)
        assert question4.pack(passages, budget) == expected, "wrong passages"
    assert question4.pack(["a b c", "d e f g", "h", "i"], 4) == [0, 2], "a budget to the last word"
    assert question4.pack(["a b", "a", "b a", "a b"], 9) == [0, 1, 2], "the same words in order"
    assert question4.pack(["a"], 0) == [], "nothing fits into nothing"


@pytest.mark.points(1)
@pytest.mark.hint(
    "Remove white space around the reply, newlines too. Number by first appearance, remove what does "
    "not exist, list only what is cited."
)
def test_cite(rng):
    """Citations of untidy replies"""
    names = [f"doc{number}" for number in rng.permutation(50)[:4]]
    a, b, c, d = names
    cases = {
        "One [2]. Two [4][2]. Three [1].": (
            f"One [1]. Two [2][1]. Three [3].\n\nSources:\n[1] {b}\n[2] {d}\n[3] {a}"
        ),
        "  One [5], two  [0] and [12] end [3] \n": (
            f"One, two and end [1]\n\nSources:\n[1] {c}"
        ),
        "See [x], [], [1.5], [ 2 ] and [-1]. ": "See [x], [], [1.5], [ 2 ] and [-1].",
        "Nothing [9].": "Nothing.",
        "a\n[1]\n\nb[01]": f"a\n[1]\n\nb[1]\n\nSources:\n[1] {a}",
    }
    for reply, expected in cases.items():
        assert question4.cite(reply, names) == expected, "wrong text or wrong list"
    assert question4.cite("So [1].", []) == "So.", "there is nothing to cite"


@pytest.mark.points(1.5)
@pytest.mark.hint("Numbers in the prompt follow rank, and the citation [1] means the first of these.")
def test_answer_question(rng):
    """From the question to the cited answer, over a random corpus"""
    words = ["pear", "plum", "lime", "kiwi", "rice", "bean"]
    a, b, c, x, y, z = (words[i] for i in rng.permutation(6))
    best, copied, large, short = (
        f"{a.title()} {b} {c}.",
        f"{a}, {b}, {c}, {x}",
        f"{b} {c} {x}. {y} {z} {y} {z}",
        f"{c} {z}!",
    )
    texts = [best, copied, f"{a} {b}: {c.upper()} {x}!", large, short, f"{x} {y}", y, f"{z} {z}", x]
    texts = [texts[i] for i in rng.permutation(9)]
    documents = {f"d{n}": text for n, text in zip(rng.permutation(9), texts, strict=True)}
    copied = next(text for text in texts if words_of(text) == words_of(copied))
    ranked = rank([round(score, 9) for score in bm25(texts, f"{a}, {b.upper()}, {c}?")], 5)
    assert [words_of(texts[i]) for i in ranked] == [
        words_of(text) for text in (best, copied, copied, large, short)
    ], "the corpus is not what it is meant to be"
    # The copy says nothing new, and the large one does not fit beside the first two.
    chosen = [best, copied, short]
    names = [name for text in chosen for name in documents if documents[name] == text]
    model = Script("Here [2], there [1] [8].")

    answer = question4.answer_question(f"{a}, {b.upper()}, {c}?", documents, model, 5, 12)

    lines = [f"[{number}] {text}" for number, text in enumerate(chosen, start=1)]
    prompt = "\n".join([*lines, "", f"Question: {a}, {b.upper()}, {c}?", "Answer:"])
    assert model.prompts == [prompt], "wrong prompt, or not one call of the model"
    expected = f"Here [1], there [2].\n\nSources:\n[1] {names[1]}\n[2] {names[0]}"
    assert answer == expected, "wrong answer"

    model = Script("I don't know [1].")
    assert question4.answer_question("Unheard?", documents, model, 5, 12) == "I don't know."
    assert model.prompts == ["Question: Unheard?\nAnswer:"], "nothing found: no passages"


@pytest.mark.points(1)
@pytest.mark.hint("The first line that begins with one of the two words decides, and only it.")
def test_parse_reply():
    """Actions, answers and neither, in untidy replies"""
    cases = {
        "Action: add | 1 | 2": ("add", ["1", "2"]),
        "Hm.\nAction:  look up |  blue sky \nAnswer: no": ("look up", ["blue sky"]),
        "Action: now": ("now", []),
        "Action: f ||x": ("f", ["", "x"]),
        "Action:": ("", []),
        "Answer:  two\nlines \n": "two\nlines",
        "Answer: a\nAction: b": "a\nAction: b",
        "Answer:": "",
        "action: add | 1": None,
        "So: Action: add | 1\n Answer: no": None,
        "": None,
    }
    for reply, expected in cases.items():
        assert question4.parse_reply(reply) == expected, "wrong reading of a reply"


@pytest.mark.points(1.5)
@pytest.mark.hint("Each call of the model sees everything so far: replies and observations.")
def test_agent_uses_tools(rng):
    """Tools are run with their arguments, and the model sees what they say"""
    numbers = [int(n) for n in rng.integers(10, 99, size=3)]
    used = []

    def note(*arguments):
        used.append(arguments)
        return numbers[len(used) - 1]

    invented = "\nObservation: 7\nAnswer: seven"
    model = Script(
        f"First.\nAction: note | {numbers[0]} | b{invented}", "Action: note", "Well.\nAnswer: so\nbe it "
    )
    tools = {"note": note, "other": lambda: pytest.fail("the wrong tool was run")}

    answer, transcript = question4.run_agent(model, tools, "Why?", 9)

    assert used == [(str(numbers[0]), "b"), ()], "wrong calls of the tool"
    parts = [
        "Question: Why?",
        f"\nFirst.\nAction: note | {numbers[0]} | b\nObservation: {numbers[0]}",
        f"\nAction: note\nObservation: {numbers[1]}",
        "\nWell.\nAnswer: so\nbe it ",
    ]
    expected = ["".join(parts[: i + 1]) for i in range(4)]
    assert model.prompts == expected[:3], "the model did not see what was said so far"
    assert answer == "so\nbe it", "wrong answer"
    assert transcript == expected[3], "wrong transcript"


@pytest.mark.points(1)
@pytest.mark.hint("Catch what a tool raises, tell the model, and go on with the next step.")
def test_agent_survives_mistakes(rng):
    """Failing tools, unknown tools and empty replies become observations"""
    kind = [ValueError, ZeroDivisionError, KeyError][int(rng.integers(3))]

    def fail(text):
        raise kind(text)

    model = Script("Action: fail | x", "Action: fial | x", "Hm", "Action: fail", "Answer: ok")

    answer, transcript = question4.run_agent(model, {"fail": fail}, "?", 5)

    lines = [line for line in transcript.split("\n") if line.startswith("Observation")]
    assert lines == [
        f"Observation: error: {kind.__name__}",
        "Observation: error: no tool called fial",
        "Observation: error: no action",
        "Observation: error: TypeError",
    ], "wrong observations"
    assert answer == "ok", "the run did not go on to the answer"


@pytest.mark.points(0.5)
@pytest.mark.hint("Count calls of the model; the tool that the last reply asks for still runs.")
def test_agent_stops(rng):
    """A model that never answers is stopped"""
    steps, used = int(rng.integers(2, 6)), []
    model = Script(*["Action: wait"] * 9)

    answer, transcript = question4.run_agent(model, {"wait": lambda: used.append(1)}, "?", steps)

    assert answer is None, "there is no answer"
    assert len(model.prompts) == steps, "wrong number of calls of the model"
    assert len(used) == steps, "wrong number of calls of the tool"
    assert transcript == "Question: ?" + "\nAction: wait\nObservation: None" * steps


@pytest.mark.points(1)
@pytest.mark.hint("Whatever a model writes is text. Look the tool's name up in `tools`, no more.")
def test_agent_runs_no_text(rng):
    """Text of the model reaches the tools unchanged and is never run"""
    secret = str(int(rng.integers(10**6)))
    texts = [f"__import__('os').system('echo {secret}')", f"{secret} + 1", "[1, 2]", "'quoted'"]
    got = []
    model = Script(
        *[f"Action: keep | {text}" for text in texts], "Action: str | 1", "Action: len", "Answer: 1+1"
    )

    answer, transcript = question4.run_agent(model, {"keep": got.append}, "?", 9)

    assert got == texts, "an argument was changed"
    assert "error: no tool called str" in transcript, "a builtin is no tool"
    assert "error: no tool called len" in transcript, "a builtin is no tool"
    assert answer == "1+1", "the answer was changed"
