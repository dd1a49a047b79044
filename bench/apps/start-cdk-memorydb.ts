import { start } from './start';
import { connect } from 'cdk-memorydb/client';

void start(() => connect().get('a'));
