"""The least that a function in Python can be: asks the table's index, sends a message, answers."""

import json
import os
import urllib.request

import boto3

RUNTIME = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"
dynamodb = boto3.client("dynamodb")
sqs = boto3.client("sqs")


def handle(_event):
    page = dynamodb.query(
        TableName=os.environ["LOOMIS_WOO_TABLE"],
        IndexName="by_index",
        KeyConditionExpression="ix = :ix",
        ExpressionAttributeValues={":ix": {"S": "turn#orders"}},
    )
    message = {"Id": "0", "MessageBody": "{}", "MessageGroupId": "1", "MessageDeduplicationId": "1"}
    sqs.send_message_batch(QueueUrl=os.environ["LOOMIS_WOO_QUEUE_ORDERS"], Entries=[message])
    return {"sent": page["Count"]}


while True:
    with urllib.request.urlopen(f"{RUNTIME}/next") as work:
        identity, event = work.headers["lambda-runtime-aws-request-id"], json.load(work)
    answer = json.dumps(handle(event)).encode()
    urllib.request.urlopen(f"{RUNTIME}/{identity}/response", data=answer).close()
