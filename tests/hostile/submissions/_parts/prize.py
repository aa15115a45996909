"""Right answers for attacks that succeed, wrong ones for the others: the points are the proof."""

import honest
import wrong


def prize(name, attack):
    """The function `name` of the homework: it attacks first. `attack` gives what it has got."""

    def answer(*arguments):
        got = attack()
        print(f"{attack.__name__} got {got!r}", flush=True)
        return getattr(honest if got else wrong, name)(*arguments)

    return answer
