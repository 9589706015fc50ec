// The least that a function in Node can be: asks the table's index, sends a message, answers.

import { DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";

const runtime = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;
const dynamodb = new DynamoDBClient();
const sqs = new SQSClient();

async function handle(_event) {
  const page = await dynamodb.send(
    new QueryCommand({
      TableName: process.env.LOOMIS_WOO_TABLE,
      IndexName: "by_index",
      KeyConditionExpression: "ix = :ix",
      ExpressionAttributeValues: { ":ix": { S: "turn#orders" } },
    }),
  );
  const message = { Id: "0", MessageBody: "{}", MessageGroupId: "1", MessageDeduplicationId: "1" };
  await sqs.send(
    new SendMessageBatchCommand({ QueueUrl: process.env.LOOMIS_WOO_QUEUE_ORDERS, Entries: [message] }),
  );
  return { sent: page.Count };
}

for (;;) {
  const work = await fetch(`${runtime}/next`);
  if (work.status !== 200) break;
  const identity = work.headers.get("lambda-runtime-aws-request-id");
  const answer = JSON.stringify(await handle(await work.json()));
  await fetch(`${runtime}/${identity}/response`, { method: "POST", body: answer });
}
