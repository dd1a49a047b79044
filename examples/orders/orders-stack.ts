import * as path from 'node:path';
import { Stack, Validations } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import { FlowLogTrafficType, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Construct } from 'constructs';
import { AccessString, Cluster, IamUser, NodeType } from 'cdk-memorydb';

/**
 * Orders and accounts in a MemoryDB cluster, and the function that works with them.
 */
export class OrdersStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const vpc = new Vpc(this, 'Vpc', {
      natGateways: 0,
      subnetConfiguration: [{ name: 'data', subnetType: SubnetType.PRIVATE_ISOLATED }],
      flowLogs: { rejected: { trafficType: FlowLogTrafficType.REJECT } },
    });

    const user = new IamUser(this, 'User', {
      accessString: AccessString.of({
        keys: ['order:*', 'account:*', 'transfer:*'],
        categories: ['read', 'write', 'transaction', 'connection'],
        commands: ['eval'],
        denyCategories: ['admin', 'dangerous'],
      }),
    });

    const cluster = new Cluster(this, 'Cluster', {
      vpc,
      nodeType: NodeType.R7G_LARGE,
      numShards: 3,
      users: [user],
    });

    const handler = new NodejsFunction(this, 'Handler', {
      entry: path.join(__dirname, 'handler.ts'),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      bundling: { minify: true, sourceMap: false },
    });
    cluster.connectionFor(user).addToFunction(handler);

    for (const policy of ['AWSLambdaBasicExecutionRole', 'AWSLambdaVPCAccessExecutionRole']) {
      Validations.of(handler).acknowledge({
        id: `AwsSolutions::AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/${policy}]`,
        reason: 'what CDK gives every function in a VPC: writing its log and attaching its network interfaces',
      });
    }
  }
}
