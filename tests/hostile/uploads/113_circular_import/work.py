from other import answer


def slug(text):
    return answer
