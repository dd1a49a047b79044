import { connect } from 'cdk-memorydb/client';

/** One connection for the life of the process: Lambda keeps it between invocations. */
export const db = connect();
