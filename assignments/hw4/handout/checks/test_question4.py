"""Visible checks of problem 4: a corpus of three lines and a model that follows a script."""

import math

import pytest
import question4

CORPUS = {
    "fruit": "Apples and pears are fruit.",
    "apple": "An apple, an apple!",
    "sky": "The sky is blue.",
}


@pytest.mark.points(1.5)
@pytest.mark.hint("Compute one score by hand: which f, n, N, length and average length is it?")
def test_search_small():
    """Scores and ranks of three documents"""
    assert question4.tokenize("BM25's k_1") == ["bm25", "s", "k", "1"]
    index = question4.Index(list(CORPUS.values()))
    # One document of three has "an"; it stands there twice, and the document has 4 words of 13 / 3.
    idf = math.log(1 + (3 - 1 + 0.5) / (1 + 0.5))
    expected = idf * 2 * 2.5 / (2 + 1.5 * (0.25 + 0.75 * 4 / (13 / 3)))
    assert index.scores("an AN") == pytest.approx([0, expected, 0])
    assert index.search("Blue pears", 2) == [2, 0], "both words are as rare; the sky is shorter"


@pytest.mark.points(1)
@pytest.mark.hint("Compare the prompt with the template, character by character.")
def test_answer_small():
    """A question, one call of the model, and an answer with its source"""
    prompts = []

    def model(prompt):
        prompts.append(prompt)
        return "It is blue [1], surely [4]."

    answer = question4.answer_question("What about the sky?", CORPUS, model, k=2, budget=10)

    assert prompts == ["[1] The sky is blue.\n\nQuestion: What about the sky?\nAnswer:"], prompts
    assert answer == "It is blue [1], surely.\n\nSources:\n[1] sky", answer


@pytest.mark.points(1.5)
@pytest.mark.hint("The transcript grows by a reply and an observation in each step.")
def test_agent_small():
    """An agent that multiplies and then answers"""
    script = iter(["I need a product.\nAction: times | 6 | 7", "Answer: It is 42."])
    tools = {"times": lambda a, b: int(a) * int(b)}

    answer, transcript = question4.run_agent(lambda _: next(script), tools, "6 x 7?", 5)

    assert answer == "It is 42.", answer
    assert transcript == (
        "Question: 6 x 7?\nI need a product.\nAction: times | 6 | 7\nObservation: 42\n"
        "Answer: It is 42."
    ), transcript
