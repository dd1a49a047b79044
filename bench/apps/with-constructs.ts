import { synthesize } from './synthesize';
import { AccessString, Cluster, IamUser, NodeType } from 'cdk-memorydb';

synthesize((stack, vpc, count) => {
  for (let i = 0; i < count; i++) {
    const user = new IamUser(stack, `User${i}`, { accessString: AccessString.readWrite('app:*') });
    new Cluster(stack, `Cluster${i}`, { vpc, nodeType: NodeType.R7G_LARGE, users: [user] });
  }
});
