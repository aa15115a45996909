"""Problem 4: retrieval-augmented generation, and an agent that uses tools.

A model is a function: it takes a prompt and returns its reply, both text. Its replies are data.
Nothing in them may ever be run as Python: no `eval`, no `exec`.
"""

import math
import re
from collections import Counter
from collections.abc import Callable

Model = Callable[[str], str]


def tokenize(text: str) -> list[str]:
    """The words of a text: put it in lower case, then take each longest run of a-z and 0-9.

    Everything else only separates: "BM25's k_1" has the words "bm25", "s", "k" and "1".
    """
    ### BEGIN SOLUTION
    return re.findall(r"[a-z0-9]+", text.lower())
    ### END SOLUTION


class Index:
    """Ranks documents for a query by BM25."""

    def __init__(self, documents: list[str], k1: float = 1.5, b: float = 0.75) -> None:
        """Count what `scores` needs. There may be empty documents, but at least one document."""
        ### BEGIN SOLUTION
        self._k1, self._b = k1, b
        words = [tokenize(document) for document in documents]
        self._counts = [Counter(of_one) for of_one in words]
        self._lengths = [len(of_one) for of_one in words]
        self._average = sum(self._lengths) / len(words)
        self._containing = Counter(word for counts in self._counts for word in counts)
        ### END SOLUTION

    def scores(self, query: str) -> list[float]:
        """The score of each document, in the order of the documents.

        Over the DISTINCT words w of the query, add up

            idf(w) * f * (k1 + 1) / (f + k1 * (1 - b + b * length / average length))

        where f is how often w stands in the document, lengths are counted in words, and

            idf(w) = ln(1 + (N - n + 0.5) / (n + 0.5))

        for N documents, n of which contain w. A word that no document contains adds nothing.
        """
        ### BEGIN SOLUTION
        total = [0.0] * len(self._counts)
        for word in set(tokenize(query)):
            n = self._containing[word]
            idf = math.log(1 + (len(total) - n + 0.5) / (n + 0.5))
            for i, counts in enumerate(self._counts):
                if f := counts[word]:
                    relative = self._lengths[i] / self._average
                    weight = f + self._k1 * (1 - self._b + self._b * relative)
                    total[i] += idf * f * (self._k1 + 1) / weight
        return total
        ### END SOLUTION

    def search(self, query: str, k: int) -> list[int]:
        """The numbers of the at most k best documents, best first.

        Of equal scores the document with the smaller number comes first. Documents with the score
        0 are left out.
        """
        ### BEGIN SOLUTION
        scores = self.scores(query)
        found = [i for i in range(len(scores)) if scores[i] > 0]
        return sorted(found, key=lambda i: -scores[i])[:k]
        ### END SOLUTION


def pack(passages: list[str], budget: int) -> list[int]:
    """Choose which passages go into the prompt, best first, and return their places in the list.

    Go through the list once. A passage costs as many tokens as it has words (`tokenize`), and is
    taken if it fits into what the budget has left; one that does not fit is skipped, and the next
    ones are still looked at. A passage with the same words in the same order as one that was taken
    is skipped, and one without words as well.
    """
    ### BEGIN SOLUTION
    chosen: list[int] = []
    seen: list[list[str]] = []
    for i, passage in enumerate(passages):
        words = tokenize(passage)
        if words and words not in seen and len(words) <= budget:
            chosen.append(i)
            seen.append(words)
            budget -= len(words)
    return chosen
    ### END SOLUTION


def build_prompt(question: str, passages: list[str]) -> str:
    """The prompt: a line for each passage, an empty line, the question, and "Answer:".

        [1] first passage
        [2] second passage
        <empty line>
        Question: the question
        Answer:

    No newline at the end. Without passages, the prompt begins with "Question:".
    """
    ### BEGIN SOLUTION
    sources = [f"[{number}] {passage}" for number, passage in enumerate(passages, start=1)]
    return "\n".join([*sources, *([""] if sources else []), f"Question: {question}", "Answer:"])
    ### END SOLUTION


def cite(reply: str, sources: list[str]) -> str:
    """Tidy the citations of a model's reply and list the sources that it cites.

    A citation is "[n]" with n of digits 0-9 alone; it means sources[n - 1]. Leading zeros do not
    matter, and there is no source 0. White space around the reply, newlines included, is removed
    first, and nothing is stripped afterwards. Then

    - a citation of a source that does not exist is removed, with the spaces right before it;
    - the others are numbered anew: 1 for the source that is cited first, and so on;
    - if any are left, a list follows: an empty line, "Sources:", and for each cited source, in the
      order of the new numbers, a line "[1] its name".

    cite("Yes [3], no [7]. So [3][1]", ["a", "b", "c"]) is
    "Yes [1], no. So [1][2]\\n\\nSources:\\n[1] c\\n[2] a".
    """
    ### BEGIN SOLUTION
    cited: list[int] = []

    def renumber(match: re.Match) -> str:
        number = int(match[2])
        if not 1 <= number <= len(sources):
            return ""
        if number not in cited:
            cited.append(number)
        return f"{match[1]}[{cited.index(number) + 1}]"

    text = re.sub(r"( *)\[([0-9]+)\]", renumber, reply.strip())
    lines = [f"[{i}] {sources[number - 1]}" for i, number in enumerate(cited, start=1)]
    return text + "".join(f"\n{line}" for line in (["", "Sources:", *lines] if cited else []))
    ### END SOLUTION


def answer_question(
    question: str, documents: dict[str, str], model: Model, k: int, budget: int
) -> str:
    """Retrieve, pack, ask the model once, and cite.

    The k best documents for the question (k1 = 1.5, b = 0.75) are packed into the budget; those
    that were chosen are the passages of the prompt, in the order of their rank. The names of these
    documents are the sources of `cite`.

    documents: name -> text, at least one
    """
    ### BEGIN SOLUTION
    names = list(documents)
    found = Index(list(documents.values())).search(question, k)
    ranked = [names[i] for i in found]
    chosen = [ranked[i] for i in pack([documents[name] for name in ranked], budget)]
    reply = model(build_prompt(question, [documents[name] for name in chosen]))
    return cite(reply, chosen)
    ### END SOLUTION


def parse_reply(reply: str) -> tuple[str, list[str]] | str | None:
    """Read what the model wants, from the first line that begins with "Action:" or "Answer:".

    - "Action: name | first | second": the tool's name and its arguments, between bars. White
      space around each of them is removed. All arguments are text, and there may be none. Whether
      there is such a tool is not decided here: even an empty name is passed on.
    - "Answer: text": the rest of the reply, further lines included, without the white space
      around it (`str.strip`).

    Lines end with "\\n". A line begins with the word itself: no space before it, and upper and
    lower case as shown.

    returns: (name, arguments) for an action, the text for an answer, None if no line begins so
    """
    ### BEGIN SOLUTION
    lines = reply.split("\n")
    for i, line in enumerate(lines):
        if line.startswith("Action:"):
            name, *arguments = [part.strip() for part in line.removeprefix("Action:").split("|")]
            return name, arguments
        if line.startswith("Answer:"):
            return "\n".join(lines[i:]).removeprefix("Answer:").strip()
    return None
    ### END SOLUTION


def run_agent(
    model: Model, tools: dict[str, Callable[..., object]], question: str, max_steps: int
) -> tuple[str | None, str]:
    """Let the model use tools until it answers.

    The transcript begins as "Question: ...". Each step calls the model with the transcript and
    appends a newline and the reply, exactly as it is, to it. What the reply asks for (`parse_reply`) decides:

    - an answer ends the run;
    - an action calls the tool with its arguments, all text. The reply is cut off after the line
      of the action before it is appended (a model likes to invent what the tool would say), and
      a line "Observation: ..." follows with the result as `str` gives it;
    - otherwise the line "Observation: error: no action" follows.

    Mistakes are observations as well, and the run goes on: "error: no tool called NAME" for a name
    that is not in `tools`, and "error: KIND" when the call raises, where KIND is the name of the
    exception's class, such as ValueError.

    The model is called at most `max_steps` times. The tool that its last reply asks for still runs.

    returns: the answer, or None if there was none; and the transcript
    """
    ### BEGIN SOLUTION
    transcript = f"Question: {question}"
    for _ in range(max_steps):
        reply = model(transcript)
        wish = parse_reply(reply)
        if isinstance(wish, str):
            return wish, f"{transcript}\n{reply}"
        if wish is not None:
            reply = _up_to_action(reply)
        observation = "error: no action" if wish is None else _use(tools, *wish)
        transcript += f"\n{reply}\nObservation: {observation}"
    return None, transcript
    ### END SOLUTION


### BEGIN SOLUTION
def _up_to_action(reply: str) -> str:
    lines = reply.split("\n")
    action = next(i for i, line in enumerate(lines) if line.startswith("Action:"))
    return "\n".join(lines[: action + 1])


def _use(tools: dict[str, Callable[..., object]], name: str, arguments: list[str]) -> str:
    if name not in tools:
        return f"error: no tool called {name}"
    try:
        return str(tools[name](*arguments))
    except Exception as error:
        return f"error: {type(error).__name__}"


### END SOLUTION
