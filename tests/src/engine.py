# Starts ministack. What it adds:
#  - it ends, and all that it started with it, when its input ends: also when the test is killed;
#  - it asks for permissions by names that AWS knows: there, what allows a message allows a batch of them;
#  - it lets policies ask for what an encryption context says, as KMS does;
#  - where IAM_RECORD names a file, each decision about a role's request becomes a line of it, as JSON.
import json
import os
import signal
import sys
import threading

from ministack.core import iam_actions, iam_evaluator


def watch():
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)


threading.Thread(target=watch, daemon=True).start()

named = iam_actions.extract_iam_action


def known(service, *rest, **more):
    action = named(service, *rest, **more)
    return action.removesuffix("Batch") if service == "sqs" and action else action


iam_actions.extract_iam_action = known

tagged = iam_actions.request_tag_context


def in_context(service, action, body, params):
    keys = tagged(service, action, body, params)
    if service == "kms":
        context = json.loads(body or b"{}").get("EncryptionContext") or {}
        keys = {**keys, **{f"kms:EncryptionContext:{name}": value for name, value in context.items()}}
    return keys


iam_actions.request_tag_context = in_context

if os.environ.get("IAM_RECORD"):
    record = open(os.environ["IAM_RECORD"], "a", buffering=1)
    enforced, evaluated = iam_evaluator.enforce, iam_evaluator.evaluate
    lock, asked = threading.Lock(), threading.local()

    # The first question of a decision is what the role's own policies say; others are about the resource's.
    def evaluate(context, *policies):
        if getattr(asked, "context", None) is None:
            asked.context = context
        return evaluated(context, *policies)

    def enforce(*request, **more):
        asked.context = None
        refusal = enforced(*request, **more)
        if asked.context is not None:
            line = {
                "principal": asked.context.principal_arn,
                "action": asked.context.action,
                "resource": asked.context.resource_arn,
                "allowed": refusal is None,
            }
            with lock:
                record.write(json.dumps(line) + "\n")
        return refusal

    iam_evaluator.evaluate, iam_evaluator.enforce = evaluate, enforce

sys.argv = ["ministack"]
from ministack.app import main  # noqa: E402

main()
