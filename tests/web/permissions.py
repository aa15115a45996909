"""Who gets what at which address, as one table; `test_permissions` holds the service to it.

The homework is open, its page is asked for by POST without a file, and the submission is graded. A
cell of the gradebook is asked for by POST without a decision.

A number is the status of the answer. `sign` is the way to the sign-in page, `go` a redirect to
somewhere else that the reader may see. A method that an address does not take is refused (405)
before anybody looks whose it is, so it tells nothing.
"""

from __future__ import annotations

READERS = {
    "anon": "has not signed in",
    "gone": "a student who has withdrawn from the course",
    "author": "the student whose submission it is",
    "mate": "another student of the course",
    "other": "a student of another course",
    "their": "the instructor of that other course",
    "ta": "a TA of the course",
    "lect": "the instructor of the course",
    "oper": "a superuser who is in no course",
}

TABLE = """
                             anon   gone   author mate   other  their  ta     lect   oper
GET  healthz                 200    200    200    200    200    200    200    200    200
POST healthz                 405    405    405    405    405    405    405    405    405
GET  readyz                  200    200    200    200    200    200    200    200    200
POST readyz                  405    405    405    405    405    405    405    405    405
GET  metrics                 404    404    404    404    404    404    404    404    404
POST metrics                 405    405    405    405    405    405    405    405    405
GET  sign-in                 200    go     go     go     go     go     go     go     go
POST sign-in                 200    go     go     go     go     go     go     go     go
GET  sign-out                go     go     go     go     go     go     go     go     go
POST sign-out                sign   sign   sign   sign   sign   sign   sign   sign   sign
GET  password-reset          200    200    200    200    200    200    200    200    200
POST password-reset          200    200    200    200    200    200    200    200    200
GET  password-reset-done     200    200    200    200    200    200    200    200    200
POST password-reset-done     405    405    405    405    405    405    405    405    405
GET  password-reset-confirm  200    200    200    200    200    200    200    200    200
POST password-reset-confirm  200    200    200    200    200    200    200    200    200
GET  password-reset-complete 200    200    200    200    200    200    200    200    200
POST password-reset-complete 405    405    405    405    405    405    405    405    405
GET  lti-jwks                200    200    200    200    200    200    200    200    200
POST lti-jwks                405    405    405    405    405    405    405    405    405
GET  lti-canvas              200    200    200    200    200    200    200    200    200
POST lti-canvas              405    405    405    405    405    405    405    405    405
GET  lti-register            403    403    403    403    403    403    403    403    403
POST lti-register            405    405    405    405    405    405    405    405    405
GET  lti-login               403    403    403    403    403    403    403    403    403
POST lti-login               403    403    403    403    403    403    403    403    403
GET  lti-launch              405    405    405    405    405    405    405    405    405
POST lti-launch              403    403    403    403    403    403    403    403    403
GET  lti-deep-link           405    405    405    405    405    405    405    405    405
POST lti-deep-link           403    403    403    403    403    403    403    403    403
GET  lti-go                  403    403    403    403    403    403    403    403    403
POST lti-go                  403    403    403    403    403    403    403    403    403
GET  lti-choose              403    403    403    403    403    403    403    403    403
POST lti-choose              403    403    403    403    403    403    403    403    403
GET  tokens                  sign   200    200    200    200    200    200    200    200
POST tokens                  sign   422    422    422    422    422    422    422    422
GET  token-revoke            sign   405    405    405    405    405    405    405    405
POST token-revoke            sign   303    303    303    303    303    303    303    303
GET  password-change         sign   200    200    200    200    200    200    200    200
POST password-change         sign   200    200    200    200    200    200    200    200
GET  own-data                sign   405    405    405    405    405    405    405    405
POST own-data                sign   200    200    200    200    200    200    200    200
GET  home                    sign   200    go     go     go     go     go     go     200
POST home                    sign   405    405    405    405    405    405    405    405
GET  course                  sign   404    200    200    404    404    200    200    404
POST course                  sign   405    405    405    405    405    405    405    405
GET  grades                  sign   404    200    200    404    404    200    200    404
POST grades                  sign   405    405    405    405    405    405    405    405
GET  gradebook               sign   404    404    404    404    404    200    200    404
POST gradebook               sign   405    405    405    405    405    405    405    405
GET  gradebook-student       sign   404    404    404    404    404    200    200    404
POST gradebook-student       sign   405    405    405    405    405    405    405    405
GET  gradebook-cell          sign   404    404    404    404    404    200    200    404
POST gradebook-cell          sign   404    404    404    404    404    404    422    404
GET  grading                 sign   404    404    404    404    404    200    200    404
POST grading                 sign   405    405    405    405    405    405    405    405
GET  people                  sign   404    404    404    404    404    200    200    404
POST people                  sign   405    405    405    405    405    405    405    405
GET  person                  sign   404    404    404    404    404    200    200    404
POST person                  sign   404    404    404    404    404    404    422    404
GET  person-add              sign   404    404    404    404    404    404    200    404
POST person-add              sign   404    404    404    404    404    404    422    404
GET  sections                sign   404    404    404    404    404    200    200    404
POST sections                sign   404    404    404    404    404    404    404    404
GET  roster-import           sign   404    404    404    404    404    404    200    404
POST roster-import           sign   404    404    404    404    404    404    422    404
GET  exports                 sign   404    404    404    404    404    200    200    404
POST exports                 sign   405    405    405    405    405    405    405    405
GET  exports-fill            sign   404    404    404    404    404    200    200    404
POST exports-fill            sign   404    404    404    404    404    422    422    404
GET  exports-grades          sign   405    405    405    405    405    405    405    405
POST exports-grades          sign   404    404    404    404    404    422    422    404
GET  exports-submissions     sign   405    405    405    405    405    405    405    405
POST exports-submissions     sign   404    404    404    404    404    404    404    404
GET  exports-person          sign   405    405    405    405    405    405    405    405
POST exports-person          sign   404    404    404    404    404    422    422    404
GET  releases                sign   404    404    404    404    404    200    200    404
POST releases                sign   404    404    404    404    404    404    404    404
GET  extensions              sign   404    404    404    404    404    200    200    404
POST extensions              sign   404    404    404    404    404    422    422    404
GET  extension-import        sign   404    404    404    404    404    200    200    404
POST extension-import        sign   404    404    404    404    404    422    422    404
GET  extension-revoke        sign   404    404    404    404    404    200    200    404
POST extension-revoke        sign   404    404    404    404    404    409    409    404
GET  slip-days               sign   404    404    404    404    404    200    200    404
POST slip-days               sign   404    404    404    404    404    422    422    404
GET  policy                  sign   404    404    404    404    404    404    200    404
POST policy                  sign   404    404    404    404    404    404    422    404
GET  deadline                sign   404    404    404    404    404    404    200    404
POST deadline                sign   404    404    404    404    404    404    422    404
GET  homework-slip-days      sign   405    405    405    405    405    405    405    405
POST homework-slip-days      sign   404    422    422    404    404    422    422    404
GET  exams                   sign   404    404    404    404    404    200    200    404
POST exams                   sign   405    405    405    405    405    405    405    405
GET  exam                    sign   404    404    404    404    404    200    200    404
POST exam                    sign   404    404    404    404    404    404    422    404
GET  exam-import             sign   404    404    404    404    404    404    200    404
POST exam-import             sign   404    404    404    404    404    404    422    404
GET  lms                     sign   404    404    404    404    404    200    200    404
POST lms                     sign   405    405    405    405    405    405    405    405
GET  lms-send                sign   405    405    405    405    405    405    405    405
POST lms-send                sign   404    404    404    404    404    303    303    404
GET  lms-compare             sign   405    405    405    405    405    405    405    405
POST lms-compare             sign   404    404    404    404    404    303    303    404
GET  lms-column              sign   404    404    404    404    404    200    200    404
POST lms-column              sign   405    405    405    405    405    405    405    405
GET  lms-connect             sign   404    404    404    404    404    404    200    404
POST lms-connect             sign   404    404    404    404    404    404    404    404
GET  lms-roster              sign   404    404    404    404    404    404    303    404
POST lms-roster              sign   404    404    404    404    404    404    303    404
GET  lms-know                sign   405    405    405    405    405    405    405    405
POST lms-know                sign   404    404    404    404    404    404    303    404
GET  homework                sign   404    200    200    404    404    200    200    404
POST homework                sign   404    422    422    404    404    422    422    404
GET  handout                 sign   404    200    200    404    404    200    200    404
POST handout                 sign   405    405    405    405    405    405    405    405
GET  regrades                sign   404    404    404    404    404    200    200    404
POST regrades                sign   404    404    404    404    404    422    422    404
GET  regrade                 sign   404    404    404    404    404    200    200    404
POST regrade                 sign   404    404    404    404    404    404    404    404
GET  submissions             sign   404    404    404    404    404    200    200    404
POST submissions             sign   405    405    405    405    405    405    405    405
GET  submission              sign   404    200    404    404    404    200    200    404
POST submission              sign   405    405    405    405    405    405    405    405
GET  submission-retry        sign   405    405    405    405    405    405    405    405
POST submission-retry        sign   404    404    404    404    404    303    303    404
GET  submission-live         sign   404    200    404    404    404    200    200    404
POST submission-live         sign   405    405    405    405    405    405    405    405
GET  submission-results      sign   404    200    404    404    404    200    200    404
POST submission-results      sign   405    405    405    405    405    405    405    405
GET  submission-file         sign   404    200    404    404    404    200    200    404
POST submission-file         sign   405    405    405    405    405    405    405    405
GET  submission-view         sign   404    200    404    404    404    200    200    404
POST submission-view         sign   405    405    405    405    405    405    405    405
"""

# Only where the settings name a provider. `away` is the way to it; none of these is begun.
SIGN_ON = """
                             anon   gone   author mate   other  their  ta     lect   oper
GET  sign-in-oidc            away   go     go     go     go     go     go     go     go
POST sign-in-oidc            405    405    405    405    405    405    405    405    405
GET  sign-in-oidc-back       400    400    400    400    400    400    400    400    400
POST sign-in-oidc-back       405    405    405    405    405    405    405    405    405
GET  sign-in-saml            away   go     go     go     go     go     go     go     go
POST sign-in-saml            405    405    405    405    405    405    405    405    405
GET  sign-in-saml-back       405    405    405    405    405    405    405    405    405
POST sign-in-saml-back       400    400    400    400    400    400    400    400    400
GET  sign-in-saml-done       400    400    400    400    400    400    400    400    400
POST sign-in-saml-done       405    405    405    405    405    405    405    405    405
GET  saml-metadata           200    200    200    200    200    200    200    200    200
POST saml-metadata           405    405    405    405    405    405    405    405    405
GET  signed-out              go     go     go     go     go     go     go     go     go
POST signed-out              405    405    405    405    405    405    405    405    405
"""


def expected(table: str = TABLE) -> dict[tuple[str, str], dict[str, str]]:
    """What each reader gets, by method and name of the address."""
    head, *rows = table.strip("\n").splitlines()
    assert head.split() == list(READERS)
    found = {}
    for row in rows:
        method, name, *answers = row.split()
        found[method, name] = dict(zip(READERS, answers, strict=True))
    return found
