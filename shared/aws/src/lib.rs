//! The ports on AWS: the ledger in DynamoDB, the queues in SQS.
