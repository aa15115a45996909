"""Problem 2: a mixture of experts. Each token is computed by the few experts that its gate chose.

No function may change its arguments. Results have the dtype of the arguments, and gradients flow
through all floating-point results (the indices of experts have none).
"""

from collections.abc import Callable

import torch


def route(logits: torch.Tensor, k: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Choose the `k` experts of each token, and weigh them.

    The gate of a token is the softmax of its logits over ALL experts. Chosen are the `k` experts
    with the largest gates, in descending order; of equal ones, that with the lower index comes
    first. The weights are the gates of the chosen ones, divided by their sum.

    logits: (tokens, experts), with 1 <= k <= experts
    returns: the weights, (tokens, k), and the indices of the experts, (tokens, k), int64;
        gradients flow through the weights
    """
    # Your code here.
    raise NotImplementedError


def load_balance_loss(logits: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
    """The auxiliary loss of the Switch transformer: it is 1 when all experts are used alike.

    loss = E * sum over the experts e of f_e * P_e

    E is the number of experts, f_e the share of all tokens * k choices that went to expert e (so
    the f_e add up to 1), and P_e the mean over the tokens of the gate of e, which is the softmax
    over ALL experts. Gradients flow through the P_e; the f_e are constants.

    logits: (tokens, experts)
    chosen: (tokens, k), int64, the choices of `route`
    returns: a tensor without axes
    """
    # Your code here.
    raise NotImplementedError


def mixture_of_experts(
    x: torch.Tensor,
    logits: torch.Tensor,
    experts: list[Callable[[torch.Tensor], torch.Tensor]],
    k: int,
    capacity: int | None = None,
) -> torch.Tensor:
    """Send each token to its experts, and add up what they answer, weighted as `route` says.

    Expert e is a function from (n, width) to (n, width). It is called ONCE, with all the tokens
    that chose it and no other rows, in the order of the tokens; not at all if nobody chose it.

    With a `capacity`, an expert takes only the first `capacity` of its tokens, in the order of the
    tokens. What it does not take adds nothing to the result, and the token's other weights stay as
    they are: a token that no expert takes has the result zero. A capacity of 0 calls no expert.

    x: (tokens, width)
    logits: (tokens, len(experts))
    returns: (tokens, width); gradients flow to `x`, to `logits` and to what the experts hold
    """
    # Your code here.
    raise NotImplementedError
