import { start } from './start';

void start(async () => {
  const { connect } = await import('cdk-memorydb/client');
  return () => connect().get('a');
});
